import HTTP1
import Testing

/// The table, and the heads made by it.
struct FieldPolicyTests {
    @Test func hasOneRowForEachField() {
        #expect(FieldPolicy.table.map(\.id).sorted { $0.rawValue < $1.rawValue } == FieldID.allCases)
        #expect(Set(FieldPolicy.table.map(\.name)).count == FieldID.allCases.count)
        // `FieldSet` is one word.
        #expect(FieldID.allCases.count <= 64)
        #expect(FieldPolicy.table.allSatisfy { !$0.because.isEmpty })
    }

    @Test(arguments: FieldPolicy.table.filter { !$0.id.isFamily }.map(\.name))
    func findsAFieldByName(name: String) throws {
        let row = try #require(FieldPolicy.table.first { $0.name == name })
        #expect(name.utf8.count <= 24)
        #expect(FieldName(name)?.id == row.id)
        #expect(FieldName(name.uppercased())?.id == row.id)
        // One byte less, more or other at the end, start and middle is another field.
        for other in ["x" + name, name + "x", String(name.dropLast()), "~" + name.dropFirst()] {
            #expect(FieldName(other)?.id != row.id)
        }
        var middle = Array(name.utf8)
        middle[middle.count / 2] ^= 1
        #expect(FieldName(text(middle))?.id != row.id)
    }

    @Test(arguments: [
        ("Mcp-Param-Customer", FieldID.mcpFamily), ("mcp-", .mcpFamily), ("mcp", .other),
        ("X-Obo-User", .sidecarFamily),
        ("x-obo-", .sidecarFamily), ("Proxy-Anything", .proxyFamily), ("proxy", .other),
        ("X-Forwarded-For", .forwardedFamily), ("X-Forwarded-Client-Cert-Chain-Of-Someone", .forwardedFamily),
        ("X-Forwarded", .other), ("Access-Control-Request-Method", .accessControlFamily),
        ("X_Forwarded_For", .underscored),
        ("a_", .underscored), ("_", .underscored), ("mcp-session_id", .underscored),
        ("abcdefghijklmnop_", .underscored),
        ("X-Team", .other), ("a", .other),
    ])
    func findsAFamilyByName(name: String, id: FieldID) {
        #expect(FieldName(name)?.id == id)
    }

    @Test func takesNoNameThatIsNoToken() {
        #expect(FieldName("") == nil)
        #expect(FieldName("a b") == nil)
        #expect(FieldName("a:") == nil)
    }

    /// Each row as the table has it, by sending it through.
    @Test(arguments: FieldPolicy.table.filter { !$0.id.isFamily }.map(\.name))
    func forwardsByTheTable(name: String) throws {
        let row = try #require(FieldPolicy.table.first { $0.name == name })
        let value =
            ["connection": "close", "expect": "100-continue", "content-length": "1", "transfer-encoding": "chunked"][
                name] ?? "a"
        let line = "\(name): \(value)\r\n"
        let asked = name == "host" ? post("A: b\r\nC: d\r\n") : post("A: b\r\n\(line)C: d\r\n")
        let middle = row.request == .forward ? line : ""
        #expect(forwarded(asked) == "A: b\r\n\(middle)C: d\r\n")
        let answered = row.response == .forward ? line : ""
        #expect(relayed(ok("A: b\r\n\(line)C: d\r\n")) == "A: b\r\n\(answered)C: d\r\n")
    }

    @Test(arguments: [
        "X-OBO-User: a\r\n", "Proxy-Foo: a\r\n", "X-Forwarded-For: a\r\n", "x_forwarded_for: a\r\n",
        "Access-Control-Request-Headers: a\r\n", "Authorization: Bearer a\r\nauthorization: Bearer b\r\n",
        "Connection: X-Hop, Keep-Alive\r\nx-hop: a\r\nX-HOP: b\r\nKeep-Alive: a\r\n",
        "Connection: accept\r\nAccept: a\r\n",
    ])
    func endsFamiliesAndNamedFields(lines: String) {
        #expect(forwarded(post("A: b\r\n\(lines)C: d\r\n")) == "A: b\r\nC: d\r\n")
        #expect(forwarded(post(lines)) == "")
    }

    @Test func namesInConnectionAreCompared() {
        #expect(forwarded(post("Connection: X-Hop\r\nX-Hops: a\r\nX-Ho: b\r\n")) == "X-Hops: a\r\nX-Ho: b\r\n")
    }

    @Test func forwardsValuesAsSent() {
        let lines = "A:b\r\nC:   d e \t\r\nMcp-Param-X: =?base64?w6Q=?=\r\nEmpty:\r\nUtf: \u{C3}\u{A4}\r\n"
        #expect(forwarded(post(lines)) == lines)
    }

    @Test func replacesWhatTheOperatorSets() {
        #expect(forwarded(post("X-Team: a\r\nB: c\r\nx-team: d\r\n"), replacing: ["X-TEAM"]) == "B: c\r\n")
    }

    @Test func dropsAResponsesHopByHopFields() {
        let lines = "Connection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTrailer: A\r\nB: c\r\n"
        #expect(relayed(ok(lines)) == "B: c\r\n")
    }

    @Test func relaysALocationButNotOfARedirect() {
        #expect(relayed("HTTP/1.1 201 Created\r\nLocation: /a\r\n\r\n") == "Location: /a\r\n")
        #expect(relayed("HTTP/1.1 302 Found\r\nLocation: /a\r\nB: c\r\n\r\n") == "B: c\r\n")
    }
}
