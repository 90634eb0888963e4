import Testing

@testable import MCP

func envelope(_ text: String) -> Envelope { Envelope.read(text.utf8.span) }

func id(_ text: String) throws -> RPCID {
    let id = RPCID(text.utf8.span)
    return try #require(id)
}

@Suite struct EnvelopeTests {
    @Test(arguments: [
        "1", "0", "-7", "1.0", "1e2", "12345678901234567890123456789", "\"a\"", "\"1\"", "\"\"", #""\u0041\n""#,
        "\"é\"",
        "true", "false", "[1, 2]", #"{"a": 1}"#,
    ])
    func keepsTheIDsOwnBytes(_ text: String) throws {
        let read = envelope(
            #" { "jsonrpc" : "2.0" , "id" :  \#(text) , "method" : "tools/call" , "params" : {"id":9} } "#)
        #expect(read == .request(id: try id(text), method: "tools/call"))
        #expect(try id(text).bytes == Array(text.utf8))
        #expect(!read.isInitialize)
    }

    /// Each comes back in a refusal, and whoever provokes that needs no token.
    @Test func anIDHasABound() throws {
        func call(_ count: Int) -> String {
            #"{"jsonrpc":"2.0","id":"\#(String(repeating: "x", count: count - 2))","method":"m"}"#
        }
        #expect(envelope(call(1024)) != .unreadable)
        #expect(envelope(call(1025)) == .unreadable)
        func batch(_ count: Int) -> String {
            "[" + repeatElement(call(1024), count: count).joined(separator: ",") + "]"
        }
        #expect(envelope(batch(64)) != .unreadable)
        #expect(envelope(batch(66)) == .unreadable)
    }

    @Test func recognisesInitialize() throws {
        let read = envelope(#"{"method":"initialize","id":1,"jsonrpc":"2.0"}"#)
        #expect(read == .request(id: try id("1"), method: "initialize"))
        #expect(read.isInitialize)
        #expect(envelope(#"{"method":"\u0069nitialize","id":1,"jsonrpc":"2.0"}"#).isInitialize)
        #expect(!envelope(#"{"method":"notifications/initialized","jsonrpc":"2.0"}"#).isInitialize)
        #expect(!envelope(#"[{"method":"initialize","id":1,"jsonrpc":"2.0"}]"#).isInitialize)
    }

    @Test(
        arguments: [
            (#"{"jsonrpc":"2.0","method":"a"}"#, .notification(method: "a")),
            (#"{"jsonrpc":"2.0","method":"a","id":null}"#, .notification(method: "a")),
            (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, .response),
            (#"{"jsonrpc":"2.0","id":null,"error":{}}"#, .response),
        ] as [(String, Envelope)])
    func needsNoAnswer(_ text: String, _ expected: Envelope) { #expect(envelope(text) == expected) }

    @Test(arguments: [
        "", " ", "{}", "[]", "null", "1", "\"x\"", "[1]", "[{}]", "[[]]", #"{"jsonrpc":"2.0"}"#,
        #"{"jsonrpc":"2.0","id":1}"#,
        #"{"id":1,"method":"a"}"#, #"{"jsonrpc":"1.0","id":1,"method":"a"}"#, #"{"jsonrpc":2.0,"id":1,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":7}"#, #"{"jsonrpc":"2.0","id":1,"method":"a""#,
        #"{"jsonrpc":"2.0","id":1,"method":"a"}x"#, #"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#, #"{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#, #"{"jsonrpc":"2.0","id":01,"method":"a"}"#,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}",
    ])
    func isUnreadable(_ text: String) {
        #expect(envelope(text) == .unreadable)
        #expect(!envelope(text).isReadable)
    }

    @Test func readsBatches() throws {
        let read = envelope(
            #"""
            [{"jsonrpc":"2.0","id":"a","method":"x"}, 7, {"jsonrpc":"2.0","method":"y"}, {},
             {"jsonrpc":"2.0","id":3,"result":null}, [{"jsonrpc":"2.0","id":4,"method":"z"}]]
            """#)
        #expect(
            read
                == .batch([
                    .request(id: try id("\"a\""), method: "x"), .unreadable, .notification(method: "y"), .unreadable,
                    .response, .unreadable,
                ]))
    }

    @Test func boundsBatchesAndDepth() {
        func batch(_ n: Int) -> String {
            "[" + Array(repeating: #"{"jsonrpc":"2.0","id":1,"method":"x"}"#, count: n).joined(separator: ",") + "]"
        }
        #expect(envelope(batch(1000)).isReadable)
        #expect(envelope(batch(1001)) == .unreadable)
        func nested(_ n: Int) -> String {
            #"{"jsonrpc":"2.0","id":1,"method":"x","params":"#
                + String(repeating: "[", count: n) + String(repeating: "]", count: n) + "}"
        }
        #expect(envelope(nested(255)).isReadable)
        #expect(envelope(nested(256)) == .unreadable)
        #expect(envelope(String(repeating: "[", count: 2_000_000)) == .unreadable)
    }

    @Test func readsALargeCall() throws {
        let text = #"{"jsonrpc":"2.0","params":{"x":""# + String(repeating: "é", count: 1_000_000)
        #expect(envelope(text + #""},"method":"x","id":5}"#) == .request(id: try id("5"), method: "x"))
    }
}
