import Testing

@testable import HTTP1

@Suite struct LoopbackHostsTests {
    // `#expect` takes no spans.
    private func contains(_ host: String, _ further: [String] = []) -> Bool {
        let authority = Array(host.utf8)
        return LoopbackHosts(and: further).contains(authority.span)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.255.255.255", "127.1.20.3", "[::1]",
    ])
    func takesLoopbacksOwn(_ host: String) {
        for port in ["", ":", ":1", ":65535"] { #expect(contains(host + port)) }
    }

    /// What resolvers, browsers or a hasty comparison might take for loopback, and somebody else can own.
    @Test(arguments: [
        "a", "localhos", "localhostx", "localhost..", "localhost.a", "xlocalhost", "127", "127.", "127.0.0", "127.1",
        "127.0.0.", "127.0.0.1.", "127.0.0.1.a", "127.0.0.1a", "127.0.0.256", "127.0.0.0001", "127.0..1", "127..0.1",
        "127.0.0.0.1", "127.a.0.1", "127.0.0.-1", "128.0.0.1", "0127.0.0.1", "0.0.0.0", "1270.0.1", "[::]", "[::2]",
        "[::1:1]", "[1::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.0.0.1", "%6cocalhost",
    ])
    func refusesOthers(_ host: String) {
        for port in ["", ":", ":8089"] { #expect(!contains(host + port)) }
    }

    @Test func takesTheConfigured() {
        let further = ["sidecar", "Chat.Example.com", "10.0.0.1", "FD00::1"]
        for host in ["sidecar", "SideCar:8089", "chat.example.com", "10.0.0.1:1", "[fd00::1]", "[FD00::1]:1"] {
            #expect(contains(host, further))
        }
        for host in ["sidecar.", "a.sidecar", "sidecar.a", "example.com", "10.0.0.11", "[fd00::11]", "[fd00::]"] {
            #expect(!contains(host, further))
        }
    }

    /// The parser lets no such head through; the check must not depend on it.
    @Test(arguments: ["", ":", "[", "[::1", "[]", "]", ":80"])
    func trapsAtNothing(_ host: String) { #expect(!contains(host)) }
}
