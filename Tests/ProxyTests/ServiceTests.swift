import Bytes
import Configuration
import HTTP1
import Libevent
import Testing

@testable import Proxy

@Suite struct ServiceTests {
    private static func service(_ url: String, _ more: [String: String] = [:]) throws -> Service {
        let environment = ["OBO_SERVER_TICKETS_URL": url].merging(more) { $1 }
        let shared = try Shared(
            try configured(environment), workers: 1, log: LogBook().logger(), control: try EventLoop())
        return try #require(shared.services.first)
    }

    /// Configured URL, what a client asks for, what goes upstream.
    static let targets = [
        ("http://a:1/mcp", "/tickets", "/mcp"),
        ("http://a:1/mcp", "/tickets/", "/mcp"),
        ("http://a:1/mcp", "/tickets?", "/mcp"),
        ("http://a:1/mcp", "/tickets?x=1&y=%20?", "/mcp?x=1&y=%20?"),
        ("http://a:1/mcp?k=v", "/tickets", "/mcp?k=v"),
        ("http://a:1/mcp?k=v", "/tickets?", "/mcp?k=v"),
        ("http://a:1/mcp?k=v", "/tickets?k=w", "/mcp?k=v&k=w"),
        ("http://a:1/mcp?", "/tickets?k=w", "/mcp?k=w"),
        ("http://a:1", "/tickets?x=1", "/?x=1"),
        ("http://a:1/a%2fb/", "/tickets", "/a%2fb/"),
    ]

    @Test(arguments: targets) func theTargetIsTheConfiguredOneWithTheRequestsQuery(
        _ url: String, _ asked: String, _ target: String
    ) throws {
        let request = Array("POST \(asked) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        var scanned = 0
        let head = try #require(try RequestHead.parse(request.span, limits: HeadLimits(), scanned: &scanned))
        let out = ByteBuffer()
        try Self.service(url).appendTarget(query: request.span, head.query, to: out)
        #expect(out.text == target)
    }

    @Test func theHeadsStartNamesTheServerAndUs() throws {
        let head = try Self.service("http://tickets.example.com:8080/mcp").headStart
        let text = String(decoding: head, as: UTF8.self)
        #expect(text == " HTTP/1.1\r\nHost: tickets.example.com:8080\r\n")
    }

    /// Two servers that ask for different scopes must never share a minted token.
    @Test func serversWithOtherScopesHaveOtherTokens() throws {
        let shared = try Shared(
            try configured([
                "OBO_SERVER_WIKI_URL": "http://127.0.0.1:9/mcp", "OBO_SERVER_WIKI_SCOPES": "api://wiki/read",
            ]), workers: 1, log: LogBook().logger(), control: try EventLoop())
        #expect(shared.services.count == 2)
        #expect(shared.services[0].exchangeDigest != shared.services[1].exchangeDigest)
    }

    @Test(arguments: [
        (Duration.milliseconds(1500), 1500), (.seconds(-1), 0), (.zero, 0), (.seconds(Int64.max), Int.max),
        (.microseconds(1999), 1),
    ]) func durationsBecomeWholeMilliseconds(_ duration: Duration, _ milliseconds: Int) {
        #expect(duration.milliseconds == milliseconds)
    }
}
