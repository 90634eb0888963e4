import Testing

@testable import MCP

@Suite struct MessageOutlineTests {
    private static func outline(_ text: String, cut size: Int = .max) -> MessageOutline {
        var outline = MessageOutline()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(size, max(bytes.count, 1))) {
            outline.feed(bytes[start..<min(start &+ min(size, bytes.count), bytes.count)].span)
        }
        return outline
    }

    private static let calls = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[1,{"id":2}],"b":"}]\"{"}}}"#,
        #" { "method" : "m" , "params" : [ "\\" , {"method":"n"} ] , "id" : "a\"b" , "jsonrpc" : "2.0" } "#,
        #"{"params":{},"jsonrpc":"2.0","\u0069d":-1.5e3,"method":"initialize"}"#,
        #"{"jsonrpc":"2.0","method":"notifications/x","params":{"id":1}}"#,
        #"{"jsonrpc":"2.0","id":7,"result":{"method":"m"}}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"m"}"#, #"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"m""#, #"{"jsonrpc":"2.0","id":1,"method":"m"}}"#, "", "null", "\"x\"",
    ]

    /// What is left out makes no difference, however the message comes.
    @Test(arguments: calls, [1, 2, 3, 7, 1000]) func saysWhatTheWholeSays(_ text: String, _ size: Int) {
        #expect(Self.outline(text, cut: size).envelope == Envelope.read(text.utf8.span))
    }

    @Test func keepsLittleOfALargeMessage() throws {
        let large = String(repeating: "x", count: 1 << 20)
        let outline = Self.outline(
            #"{"method":"m","params":{"t":"\#(large)"},"jsonrpc":"2.0","id":"late"}"#, cut: 60_000)
        #expect(outline.envelope == .request(id: try id("\"late\""), method: "m"))
        #expect(outline.message == Array(#"{"method":"m","params":{},"jsonrpc":"2.0","id":"late"}"#.utf8))
    }

    @Test(arguments: [
        #"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#, #"{"jsonrpc":"2.0","id":{"a":1},"method":"m"}"#,
        #"{"jsonrpc":"2.0","id":[1],"method":"m"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"m","x":"\#(String(repeating: "x", count: 5000))"}"#,
    ])
    func isCertainOrSaysNothing(_ text: String) {
        #expect(Self.outline(text).envelope == .unreadable)
        #expect(Self.outline(text).message == nil)
    }
}
