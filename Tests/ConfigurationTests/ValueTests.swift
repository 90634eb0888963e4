import Testing

@testable import Configuration

@Suite struct `A listening address` {
    @Test(arguments: [
        ("127.0.0.1:8089", "127.0.0.1:8089", true), ("127.9.8.7:1", "127.9.8.7:1", true),
        ("localhost:8089", "localhost:8089", true), ("LocalHost:8089", "localhost:8089", true),
        ("[::1]:8089", "[::1]:8089", true), ("[0:0:0:0:0:0:0:1]:1", "[0:0:0:0:0:0:0:1]:1", true),
        ("unix:/run/obo.sock", "unix:/run/obo.sock", true), ("127.0.0.1:0", "127.0.0.1:0", true),
        ("0.0.0.0:80", "0.0.0.0:80", false), ("[::]:80", "[::]:80", false), ("proxy:65535", "proxy:65535", false),
        ("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", false), ("128.0.0.1:80", "128.0.0.1:80", false),
        ("localhost.example.com:80", "localhost.example.com:80", false),
    ])
    func `is read and knows who reaches it`(text: String, spelling: String, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.description == spelling)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "8089", ":8089", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1: 1", "::1:80",
        "[::1]", "[::1]80", "[::1%lo]:80", "[127.0.0.1]:80", "a b:80", "*:80", "127.1:80", "2130706433:80", "0x7f.1:80",
        "256.0.0.1:80", "127.0.0.01:80", "-a:80", "a..b:80", "unix:", "unix:relative", "unix:/a\nb", "http://a:80",
        "unix:/" + String(repeating: "a", count: 107),
    ])
    func `is refused`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}

@Suite struct `An upstream URL` {
    @Test(arguments: [
        ("https://h", "https", "h", 443, "/", "h"),
        ("HTTPS://Host.Example/mcp", "https", "host.example", 443, "/mcp", "host.example"),
        ("http://h:80/", "http", "h", 80, "/", "h"),
        ("http://h:8080/a/b?c=d&e", "http", "h", 8080, "/a/b?c=d&e", "h:8080"),
        ("https://h:80", "https", "h", 80, "/", "h:80"), ("https://h?a=/?b", "https", "h", 443, "/?a=/?b", "h"),
        ("https://[2001:DB8::1]:8443/x", "https", "2001:db8::1", 8443, "/x", "[2001:db8::1]:8443"),
        ("https://10.0.0.1/a%2Fb;c=d", "https", "10.0.0.1", 443, "/a%2Fb;c=d", "10.0.0.1"),
        ("https://h/a//b/...", "https", "h", 443, "/a//b/...", "h"),
        ("https://a_b.svc/x@y:z", "https", "a_b.svc", 443, "/x@y:z", "a_b.svc"),
    ])
    func `is taken apart`(
        text: String, scheme: String, host: String, port: Int, target: String, authority: String
    ) throws {
        let url = try UpstreamURL(text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
        #expect(try UpstreamURL(url.description) == url)
    }

    @Test(arguments: [
        ("", UpstreamURL.Fault.noURL), ("h/mcp", .noURL), ("ftp://h", .noURL), ("https:/h", .noURL), ("//h", .noURL),
        ("https://u@h", .userInfo), ("https://u:p@h/", .userInfo), ("https://h/#f", .fragment),
        ("https://h#", .fragment),
        ("https://", .host), ("https:///a", .host), ("https://a b", .host), ("https://bücher.example", .host),
        ("https://[::1", .host), ("https://[h]", .host), ("https://127.1", .host), ("https://0x7f000001", .host),
        ("https://h\\@evil", .userInfo), ("https://h\\evil", .host), ("https://h%2Eevil", .host),
        ("https://h:", .port), ("https://h:0", .port), ("https://h:65536", .port), ("https://h:8o", .port),
        ("https://h/a b", .character), ("https://h/\u{7F}", .character), ("https://h/a\r\nX: y", .character),
        ("https://h/ü", .character), ("https://h/%", .character), ("https://h/%4", .character),
        ("https://h/%zz", .character),
        ("https://h/{a}", .character), ("https://h/a\\b", .character), ("https://h/a?b c", .character),
        ("https://h/a/../b", .dots), ("https://h/.", .dots), ("https://h/%2e%2E/b", .dots), ("https://h/.%2e", .dots),
    ])
    func `is refused with its fault`(text: String, fault: UpstreamURL.Fault) {
        #expect(throws: fault) { try UpstreamURL(text) }
    }

    @Test(arguments: [
        ("http://127.0.0.1/x", true), ("http://localhost:80", true), ("http://[::1]", true), ("https://h", true),
        ("http://h", false), ("http://10.0.0.1", false), ("http://127.0.0.1.example.com", false),
        ("http://localhost.example.com", false),
    ])
    func `is trusted in plain text on this machine only`(text: String, isTrusted: Bool) throws {
        if isTrusted {
            #expect(try UpstreamURL(trusted: text).description.hasPrefix("http"))
        } else {
            #expect(throws: UpstreamURL.Fault.plain) { try UpstreamURL(trusted: text) }
        }
    }
}

@Suite struct `Durations and sizes` {
    @Test(arguments: [
        ("0s", Duration.zero), ("250ms", .milliseconds(250)), ("10s", .seconds(10)), ("5m", .seconds(300)),
        ("2h", .seconds(7_200)), ("007s", .seconds(7)),
    ])
    func `are read`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "10", "s", "10 s", "1.5s", "-1s", "+1s", "10S", "10sec", "1d", "٣s", "99999999999999999999s",
        "9223372036854775807h",
    ])
    func `are refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [("0B", 0), ("1B", 1), ("64KiB", 65_536), ("4MiB", 4_194_304)])
    func `count bytes`(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
        #expect(SizeText.spell(bytes) == text)
    }

    @Test(arguments: ["", "64", "64K", "64KB", "64kib", "1GiB", "1.5MiB", "-1B", "9223372036854775807MiB"])
    func `need their unit`(text: String) {
        #expect(SizeText.parse(text) == nil)
    }
}

@Suite struct `A rate` {
    @Test(arguments: [
        ("0/s", 0, RequestRate.Unit.second), ("10/s", 10, .second), ("90/m", 90, .minute),
        ("1000000/h", 1_000_000, .hour),
    ])
    func `counts requests in a time`(text: String, count: Int, unit: RequestRate.Unit) {
        #expect(RequestRate(text) == RequestRate(count, per: unit))
    }

    @Test(arguments: [
        "", "10", "/s", "10/", "10/d", "10/S", "-1/s", "+1/s", "1.5/s", "10/s/s", " 10/s", "1000001/s", "10s",
    ])
    func `is refused otherwise`(text: String) {
        #expect(RequestRate(text) == nil)
    }
}

@Suite struct `A did-you-mean` {
    @Test(arguments: [
        ("clinet_id", "client_id"), ("Client_ID", "client_id"), ("issuers", "issuer"), ("isuer", "issuer"),
        ("uri", "url"), ("xyz", nil), ("", nil),
    ])
    func `is near`(text: String, word: String?) {
        #expect(suggestion(for: text, among: ["client_id", "issuer", "url", "ca_file"]) == word)
    }

    @Test(arguments: [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "abc", 0)])
    func `counts slips`(a: String, b: String, distance: Int) {
        #expect(editDistance(a, b) == distance)
        #expect(editDistance(b, a) == distance)
    }
}
