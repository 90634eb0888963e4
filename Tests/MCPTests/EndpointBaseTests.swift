import Testing

@testable import MCP

@Suite struct EndpointBaseTests {
    let base = EndpointBase(
        scheme: "https", host: "tickets.test", port: 443, path: "/mcp/v1/sse", query: "tenant=7")

    private func target(_ reference: String, _ base: EndpointBase? = nil) throws(EndpointFault) -> String {
        String(decoding: try (base ?? self.base).target(of: Array(reference.utf8)), as: UTF8.self)
    }

    @Test(arguments: [
        // Path-absolute, as the official servers have it.
        ("/messages/?session_id=0f8f", "/messages/?session_id=0f8f"),
        ("/", "/"), ("/a?", "/a?"), ("/a?b?c/d", "/a?b?c/d"), ("//tickets.test", "/"), ("/a//b/", "/a//b/"),
        ("/a?x=%41&obo=1", "/a?x=%41&obo=1"), ("/%7Emessages", "/%7Emessages"), ("/a:b", "/a:b"),
        // Absolute.
        ("https://tickets.test/m?s=1", "/m?s=1"), ("HTTPS://TICKETS.TEST:443/m", "/m"), ("https://tickets.test", "/"),
        ("https://tickets.test:/m", "/m"), ("https://tickets.test?s=1", "/?s=1"), ("//tickets.test/m", "/m"),
        ("https://tickets.test:00443/m", "/m"),
        // Relative.
        ("messages?s=1", "/mcp/v1/messages?s=1"), ("./messages", "/mcp/v1/messages"), ("../messages", "/mcp/messages"),
        ("../../../../messages", "/messages"), ("?s=1", "/mcp/v1/sse?s=1"), ("", "/mcp/v1/sse?tenant=7"),
        ("a/b/../c", "/mcp/v1/a/c"), ("..", "/mcp/"), (".", "/mcp/v1/"), ("/a/..", "/"), ("/a/.", "/a/"),
        ("/../a/./b", "/a/b"), ("/a/...", "/a/..."), ("/a.b", "/a.b"), ("./a:b", "/mcp/v1/a:b"),
        // What clients take out before they read a URL.
        (" /m?s=1\t", "/m?s=1"), ("/mess\nages\n", "/messages"), ("/m#part", "/m"), ("/m?s=1#?x", "/m?s=1"),
        ("#part", "/mcp/v1/sse?tenant=7"),
        // Browsers' URLs escape it.
        ("/it's?it's", "/it's?it%27s"), ("/m?a[]={1|2}", "/m?a[]={1|2}"),
    ])
    func resolves(_ reference: String, _ expected: String) throws { #expect(try target(reference) == expected) }

    @Test(arguments: [
        "https://evil.test/m", "http://tickets.test/m", "https://tickets.test:444/m", "//evil.test/m",
        "https://tickets.test@evil.test/m", "https://evil.test@tickets.test/m", "https://tickets.test.evil.test/m",
        "https://tickets.test./m", "https://tickets.test:443443/m", "https://tickets.test:x/m", "https:///m",
        "https://[tickets.test]/m", "javascript:alert(1)", "data:x", "a:b", "https://tickets.test\\@evil.test/m",
        "//evil.test\\tickets.test", "ht tp://evil.test/", ":8080/m", "https://tickets.test%2eevil.test/m",
    ])
    func refusesAnotherOrigin(_ reference: String) {
        #expect(throws: EndpointFault.anotherOrigin) { try target(reference) }
    }

    @Test(arguments: [
        "https:/m", "https:m", "https:", "\\\\evil.test/m", "/\\evil.test/m", "/a b", "/a\u{7f}", "/é", "/a%", "/a%2",
        "/a%zz", "/m?a%b", "/m?a b", "/m?\"", "/m?<", "/%2e%2e/m", "/.%2E/m", "/%2e/m", "/a\u{0}b", "/m?é", "/[a]",
        "/{a}", "/a^b", "https:\\\\evil.test/m",
    ])
    func refusesWhatClientsReadInDifferentWays(_ reference: String) {
        #expect(throws: EndpointFault.malformed) { try target(reference) }
    }

    @Test func comparesPortsAndAddresses() throws {
        let local = EndpointBase(scheme: "http", host: "127.0.0.1", port: 8000, path: "/sse", query: nil)
        #expect(try target("http://127.0.0.1:8000/m", local) == "/m")
        #expect(try target("m", local) == "/m")
        for other in ["http://127.0.0.1/m", "http://127.0.0.1:80/m", "//127.0.0.2:8000/m", "http://localhost:8000/m"] {
            #expect(throws: EndpointFault.anotherOrigin) { try target(other, local) }
        }
        let six = EndpointBase(scheme: "http", host: "2001:db8::1", port: 80, path: "/", query: nil)
        #expect(try target("http://[2001:DB8::1]/m", six) == "/m")
        #expect(try target("//[2001:db8::1]:80/m", six) == "/m")
        #expect(throws: EndpointFault.anotherOrigin) { try target("//[2001:db8::1]:81/m", six) }
        #expect(throws: EndpointFault.anotherOrigin) { try target("//[2001:db8::2]/m", six) }
    }

    @Test func bounds() throws {
        #expect(try target("/" + String(repeating: "a", count: 7999)).utf8.count == 8000)
        #expect(throws: EndpointFault.tooLong) { try target("/" + String(repeating: "a", count: 8000)) }
    }

    /// Whatever a server says: what comes out stays on its path and is what our own parser takes.
    @Test(arguments: 1...3) func whatComesOutIsATarget(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let alphabet = Array("/?#:@%.\\ ab2eE'&=[]\n\t\"hts".utf8) + [0, 0xff]
        var taken = 0
        for _ in 0..<20_000 {
            let reference = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            guard let found = try? base.target(of: reference) else { continue }
            taken += 1
            let isSound = found.first == 0x2f && found.allSatisfy { 0x21...0x7e ~= $0 } && !found.contains(0x23)
            let path = found.prefix { $0 != 0x3f }
            let dots = path.split(separator: 0x2f).contains {
                $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8)
            }
            #expect(isSound && !dots, "\(reference)")
            // Resolving it again changes nothing, or a client that does would post elsewhere.
            if !found.starts(with: "//".utf8) { #expect(try base.target(of: found) == found, "\(reference)") }
        }
        #expect(taken > 1000)
    }
}
