import Testing

@testable import MCP

/// What is said of a body: what it asks for, or why not.
private func verdict(_ body: String, _ head: PostedHead = PostedHead()) -> String {
    do throws(Refusal) {
        return try ToolRules(allow: ["ok*"], deny: ["ok_not"]).judge(body.utf8.span, head) ? "list" : "pass"
    } catch { return error.rawValue }
}

private func call(_ name: String, id: String = #""id":1,"#) -> String {
    #"{"jsonrpc":"2.0",\#(id)"method":"tools/call","params":{"name":"\#(name)"}}"#
}

@Suite struct ToolVerdictTests {
    private static let ping = #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#
    private static let list = #"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#

    @Test(arguments: [
        (call("ok"), "pass"), (call("no"), "tool_not_allowed"), (call("ok_not"), "tool_not_allowed"),
        (call("no", id: ""), "tool_not_allowed"), (call(#"\u006fk"#), "pass"), (call(#"\u006eo"#), "tool_not_allowed"),
        (ping, "pass"), (list, "list"), (list.replacing("/", with: #"\/"#), "list"),
        ("[\(ping),\(call("ok"))]", "pass"), ("[\(ping),\(call("no"))]", "tool_not_allowed"),
        ("[\(ping),\(list)]", "list"), ("[\(call("no")),\(list)]", "tool_not_allowed"),
        (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "pass"), (#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "pass"),
        (#"{"jsonrpc":"2.0","method":"a","params":{"method":"tools/call","Name":1,"name":2}}"#, "pass"),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"a":1,"a":2},"name":"ok"}}"#, "pass"),
    ])
    func judges(_ body: String, _ expected: String) { #expect(verdict(body) == expected) }

    @Test(arguments: [
        "", "[]", "{}", "7", "[7]", "[\(ping),7]", "[[\(ping)]]", "\(ping)x", "\(ping)\(ping)", "\u{feff}\(ping)",
        #"{"jsonrpc":"2.0","id":1}"#, #"{"id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":7}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}"#, #"{"jsonrpc":"2.0","ID":1,"method":"ping"}"#,
        #"{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping","result":1}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":1}"#, #"{"jsonrpc":"2.0","method":"p\u0000ing"}"#,
        #"{"jsonrpc":"2.0","method":"TOOLS/CALL"}"#, #"{"jsonrpc":"2.0","method":"tools/List"}"#,
        "{\"jsonrpc\":\"2.0\",\"method\":\"tool\u{17f}/call\"}", #"{"jsonrpc":"2.0","method":"ping "}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, #"{"jsonrpc":"2.0","method":"tools/call","params":[]}"#,
        #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":7}}"#,
        #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ok","name":"ok"}}"#,
        #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ok","nAme":"no"}}"#,
        #"{"jsonrpc":"2.0","method":"tools/call","params":{"Name":"ok"}}"#, call(#"ok\n"#), call(#"ok\u007f"#),
        "[" + Array(repeating: ping, count: 1001).joined(separator: ",") + "]",
    ])
    func refusesWhatIsNotCertain(_ body: String) { #expect(verdict(body) == "bad_request") }

    @Test(arguments: [(60, "pass"), (70, "bad_request"), (1_000_000, "bad_request")])
    func bearsNestingUpToABound(_ depth: Int, _ expected: String) {
        let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(verdict(#"{"jsonrpc":"2.0","method":"ping","params":{"x":\#(nest)}}"#) == expected)
    }

    @Test(
        arguments: [
            ([], true), (["application/json"], true), (["Application/JSON ; Charset=UTF-8"], true),
            (["application/json;charset=\"utf-8\""], true), (["application/json; x=y"], true),
            (["application/json", "application/json"], false), (["text/plain"], false), ([""], false),
            (["application/json; charset=utf-7"], false), (["application/json;charset=utf-8;charset=utf-7"], false),
            (["application/json; charset*=utf-8''x"], false),
        ] as [([String], Bool)])
    func readsWhatIsJSONToAll(_ types: [String], _ passes: Bool) {
        var head = PostedHead()
        head.contentTypes = types.map { Array($0.utf8) }
        #expect(verdict(Self.ping, head) == (passes ? "pass" : "bad_request"))
        head.isEncoded = true
        #expect(verdict(Self.ping, head) == "bad_request")
    }

    @Test(
        arguments: [
            (["tools/call"], ["ok"], true), (["tools/call"], [], true), ([], ["ok"], true), ([], ["OK"], false),
            (["tools/call"], ["ok2"], false), (["ping"], ["ok"], false), ([], ["=?base64?b2s=?="], true),
            ([], ["=?base64?b2s?="], false), ([], ["=?BASE64?b2s=?="], false), ([], ["=?base64?bm8=?="], false),
            ([], ["ok", "ok"], false), (["tools/call", "tools/call"], [], false), (["=?base64?cGluZw==?="], [], false),
        ] as [([String], [String], Bool)])
    func comparesTheHead(_ methods: [String], _ names: [String], _ passes: Bool) {
        var head = PostedHead()
        head.methods = methods.map { Array($0.utf8) }
        head.names = names.map { Array($0.utf8) }
        #expect(verdict(call("ok"), head) == (passes ? "pass" : "bad_request"))
    }

    /// A text that looks like code is told in code, or one end would see another name than the other.
    @Test func takesCodeForCode() {
        var head = PostedHead()
        head.names = [Array("=?base64?b2s=?=".utf8)]
        let body = call("=?base64?b2s=?=")
        #expect(ToolRules(allow: nil, deny: []).permits("=?base64?b2s=?="))
        let verdict = Result { try ToolRules(allow: nil, deny: []).judge(body.utf8.span, head) }
        #expect(throws: Refusal.badRequest) { try verdict.get() }
    }
}
