import Testing

@testable import Proxy

@Suite struct UnknownPathTests {
    private func shown(_ path: String) -> String {
        String(decoding: UnknownPath.plain(Array(path.utf8).span), as: UTF8.self)
    }

    @Test(arguments: ["", "/", "/ticket", "/tickets/mcp", "//tickets", "/.well-known/oauth-authorization-server/x"])
    func whatSomebodyMistypedIsShown(_ path: String) {
        #expect(shown(path) == path)
    }

    /// Kinds of tokens that people are known to put into URLs.
    static let tokens = [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjF9.c2lnbmF0dXJlc2lnbmF0dXJl",
        "0123456789abcdef0123456789abcdef", "11111111-2222-3333-4444-555555555555",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        String(repeating: "A", count: 5_000),
    ]

    @Test(arguments: tokens) func noTokenIsShownWhereverItStands(_ token: String) {
        for path in [
            "/\(token)", "/tickets/\(token)", "/\(token)/mcp", "/a/b/\(token)/c/", "/k=\(token)&x=1", "\(token)",
        ] {
            #expect(!shown(path).contains(token))
            #expect(!shown(path).contains(token.prefix(20)))
            #expect(shown(path).contains("..."))
        }
        #expect(shown("/a/\(token)/c") == "/a/.../c")
    }

    @Test func aLongPathOfShortPartsIsCut() {
        #expect(shown(String(repeating: "/ab", count: 1_000)).utf8.count == 200)
    }
}
