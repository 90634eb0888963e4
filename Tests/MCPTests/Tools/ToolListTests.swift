import Bytes
import JSON
import MCP
import MCPLaws
import Testing

private let rules = ToolRules(allow: ["a*"], deny: ["ax"])

/// What may be seen of a text; nil for all of it.
private func filter(_ text: String) throws -> String? {
    try rules.filter(text.utf8.span).map { String(decoding: $0, as: UTF8.self) }
}

@Suite struct ToolListTests {
    @Test(
        arguments: [
            (#"{"result":{"tools":[{"name":"b"}]}}"#, #"{"result":{"tools":[]}}"#),
            (#"{"result":{"tools":[{"name":"b"},{"name":"a"}]}}"#, #"{"result":{"tools":[{"name":"a"}]}}"#),
            (#"{"result":{"tools":[{"name":"a"},{"name":"ax"}]}}"#, #"{"result":{"tools":[{"name":"a"}]}}"#),
            (
                #" {"id":1.0, "result" : {"nextCursor":"\u0041","tools": [ {"name":"\u0062"} , {"name" : "a" } ] } } "#,
                #" {"id":1.0, "result" : {"nextCursor":"\u0041","tools": [{"name" : "a" }] } } "#
            ),
            (#"{"result":{"tools":[7,"a",null,{},{"name":7},{"title":"a"}]}}"#, #"{"result":{"tools":[]}}"#),
            (
                #"[{"result":{"tools":[{"name":"b"}]}},{"result":{}},{"result":{"tools":[{"name":"b"},{"name":"a"}]}}]"#,
                #"[{"result":{"tools":[]}},{"result":{}},{"result":{"tools":[{"name":"a"}]}}]"#
            ),
            (#"{"r\u0065sult":{"t\u006fols":[{"n\u0061me":"b"}]}}"#, #"{"r\u0065sult":{"t\u006fols":[]}}"#),
        ] as [(String, String)])
    func leavesOut(_ text: String, _ shown: String) throws { #expect(try filter(text) == shown) }

    @Test(arguments: [
        #"{"result":{"tools":[]}}"#, #"{"result":{"tools":[ {"name":"a"} ]}}"#, #"{"tools":[{"name":"b"}]}"#,
        #"{"error":{"tools":[{"name":"b"}]}}"#, #"{"result":{"x":{"tools":[{"name":"b"}]}}}"#, "7",
        "[]", "[[{\"result\":{\"tools\":[7]}}]]", #"{"method":"x","params":{"result":{"tools":[{"name":"b"}]}}}"#,
    ])
    func leavesAlone(_ text: String) throws { #expect(try filter(text) == nil) }

    @Test(arguments: [
        "", "{", #"{"result":{"tools":[{"name":"b"}]}"#, #"{"result":{"tools":{}}}"#, #"{"result":{"tools":null}}"#,
        #"{"result":{"tools":[],"tools":[]}}"#, #"{"result":{},"result":{}}"#, #"{"result":{"Tools":[]}}"#,
        #"{"result":{"tools":[{"name":"a","name":"b"}]}}"#, #"{"result":{"tools":[]}}x"#,
        #"{"result":7}"#, #"{"result":[{"name":"b"}]}"#, #"{"result":null}"#, #"{"result":"x"}"#,
        #"{"result":{"tools":["# + String(repeating: "[", count: 300),
    ])
    func givesUp(_ text: String) { #expect(throws: UnreadableList.self) { try filter(text) } }
}

@Suite struct EventFilterTests {
    private func shown(_ text: String, longest: Int = 10_000) throws -> String {
        var filter = EventFilter(rules, longest: longest)
        let out = ByteBuffer()
        try filter.feed(text.utf8.span, to: out)
        try filter.end(to: out)
        return String(decoding: out.bytes, as: UTF8.self)
    }

    private static let denied = #"{"result":{"tools":[{"name":"b"}]}}"#
    private static let empty = #"{"result":{"tools":[]}}"#

    @Test(
        arguments: [
            ("data: \(denied)\n\n", "data: \(empty)\n\n"), ("data:\(denied)\r\r", "data: \(empty)\r\r"),
            ("id: 1\r\ndata: \(denied)\r\nretry: 5\r\n\r\n", "id: 1\r\ndata: \(empty)\r\nretry: 5\r\n\r\n"),
            (
                "event: message\ndata: {\"result\":\ndata: {\"tools\":[7]}}\n\n",
                "event: message\ndata: {\"result\":\ndata: {\"tools\":[]}}\n\n"
            ),
            ("\u{feff}data: \(denied)\n\n", "data: \(empty)\n\n"), ("data: \(denied)", "data: \(empty)"),
            ("event: other\ndata: \(denied)\n\n", "event: other\ndata: \(empty)\n\n"),
        ] as [(String, String)])
    func leavesOut(_ text: String, _ expected: String) throws { #expect(try shown(text) == expected) }

    @Test(arguments: [
        "", "\n\n\n", ": hi\n\n: ho\r\n", "id: 7\ndata\n\n", "id: 1\ndata: \n\n", "event: endpoint\ndata: /x?y\n\n",
        "data: {}\n\ndata: [ ]\r\n\r\n", "retry: 5", "Data: \(denied)\n\n", "data: {\"a\":\ndata: 1}\n\n",
    ])
    func leavesAlone(_ text: String) throws { #expect(try shown(text) == text) }

    @Test(arguments: ["data: x\n\n", "data: {\n\n", "event: message\ndata: x\n\n", "event:\ndata: x\n\n"])
    func givesUp(_ text: String) { #expect(throws: UnreadableList.self) { try shown(text) } }

    @Test func holdsNoEndlessEvent() {
        #expect(throws: UnreadableList.self) { try shown("data: " + String(repeating: " ", count: 100), longest: 100) }
        #expect(throws: Never.self) { try shown(String(repeating: "data: {}\n\n: x\n", count: 100), longest: 100) }
    }

    @Test func holdsNoComment() throws {
        var filter = EventFilter(rules)
        let out = ByteBuffer()
        try filter.feed(": alive\n".utf8.span, to: out)
        #expect(out.bytes == Array(": alive\n".utf8))
        try filter.feed("data: {}\n".utf8.span, to: out)
        #expect(out.bytes == Array(": alive\n".utf8))
        try filter.feed("\r".utf8.span, to: out)
        #expect(out.bytes == Array(": alive\ndata: {}\n\r".utf8))
    }

    /// Random lists, written in random ways, in streams cut at random places.
    @Test(arguments: 1...3) func showsWhatMayBeSeenOfRandomStreams(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<300 {
            var (text, expected) = ("", [[String]]())
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let names = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    ["a", "ab", "ax", "b", "é", "a\"\\", "a\n"].randomElement(using: &random) ?? ""
                }
                expected.append(names.filter { rules.permits($0) })
                text += event(listing: names, &random)
            }
            #expect(names(in: try shown(text, inPieces: &random)) == expected, "\(text.debugDescription)")
        }
    }

    private func shown(_ text: String, inPieces random: inout some RandomNumberGenerator) throws -> String {
        var (filter, out, rest) = (EventFilter(rules), ByteBuffer(), Array(text.utf8)[...])
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int.random(in: 1...40, using: &random)))
            rest = rest.dropFirst(piece.count)
            try filter.feed(piece.span, to: out)
        }
        try filter.end(to: out)
        return String(decoding: out.bytes, as: UTF8.self)
    }

    private func event(listing names: [String], _ random: inout some RandomNumberGenerator) -> String {
        let tools = JSON.array(names.map { .object(["x": .array([.null]), "name": .string($0), "y": .bool(true)]) })
        let message = JSON.object(["id": .integer(1), "result": .object(["tools": tools, "nextCursor": .string("c")])])
        let end = ["\n", "\r", "\r\n"].randomElement(using: &random) ?? "\n"
        // Lines may break between any two parts of the text.
        let lines = String(decoding: message.bytes, as: UTF8.self).replacing(
            ",", with: Bool.random(using: &random) ? ",\n" : ",")
        return "id: 1\(end)" + lines.split(separator: "\n").map { "data: \($0)\(end)" }.joined() + ": c\(end)\(end)"
    }

    /// The names in each list of a stream, by a reader of another make.
    private func names(in stream: String) -> [[String]] {
        stream.replacing("\r\n", with: "\n").replacing("\r", with: "\n").split(separator: "\n\n").compactMap { event in
            let data = event.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }
            let text = Array(data.joined(separator: "\n").utf8)
            return (try? JSON.parse(text.span))?["result"]?["tools"]?.array?.compactMap { $0["name"]?.string }
        }
    }
}
