import Testing

@testable import Proxy

@Suite struct EvictionTests {
    private func read(_ text: String) -> Eviction? { try? Eviction(text.utf8.span) }

    @Test func allOrOneServer() {
        #expect(read("{}").map(\.server) == .some(nil))
        #expect(read(" {\"server\": \"tickets\"}\n")?.server == "tickets")
    }

    /// Whatever else is in it: a slip of the pen must not evict everything.
    @Test(arguments: [
        "", "null", "[]", "\"tickets\"", "{", "{}{}", "{\"sever\":\"tickets\"}", "{\"server\":null}", "{\"server\":1}",
        "{\"server\":[\"a\"]}", "{\"server\":\"a\",\"server\":\"b\"}", "{\"server\":\"a\",\"other\":1}",
        "{\"server\":{\"a\":{\"b\":1}}}", "{\"server\":\"\u{0}\"}", "{\"server\":\"a\"} x",
    ]) func anythingElseIsMalformed(_ text: String) {
        #expect(read(text) == nil)
    }

    @Test func aLongOneIsRefused() {
        #expect(read("{\"server\":\"\(String(repeating: "a", count: Eviction.most))\"}") == nil)
    }
}
