import Bytes
import JSON
import Testing

@testable import Identity

private func outline(_ claims: String) -> TokenOutline? {
    func part(_ text: String) -> String { String(decoding: Base64URL.encode(text.utf8.span), as: UTF8.self) }
    let token = [part(#"{"alg":"RS256"}"#), part(claims), part("signature")].joined(separator: ".")
    return TokenOutline(token.utf8.span)
}

@Suite struct TokenOutlineTests {
    @Test func readsWhatMayBeShown() throws {
        let found = try #require(
            outline(
                #"{"iss":"i","aud":["a","b"],"exp":90.9,"nbf":1,"scp":"x y","scope":"z","ver":"2.0","name":"Alice"}"#))
        #expect(found.issuer == "i" && found.audiences == ["a", "b"] && found.scopes == ["x", "y", "z"])
        #expect(found.expiresAt == 90 && found.notBefore == 1 && found.version == "2.0")
        var dumped = ""
        dump(found, to: &dumped)
        #expect(!dumped.contains("Alice"))
    }

    @Test(arguments: [
        "{}", #"{"iss":7,"aud":{},"exp":"soon","nbf":[],"scp":1,"ver":2}"#, #"{"aud":["a",1],"exp":1e300}"#,
    ])
    func passesOverWhatIsOfAnotherType(_ claims: String) throws {
        let found = try #require(outline(claims))
        #expect(found.issuer == nil && found.audiences.isEmpty && found.scopes.isEmpty)
        #expect(found.expiresAt == nil && found.notBefore == nil && found.version == nil)
    }

    @Test(arguments: ["", "a", "a.b", "a.b.c", "a.b.c.d.e", "e30.e30.", ".e30.x"])
    func readsNothingElse(_ text: String) { #expect(TokenOutline(text.utf8.span) == nil) }

    @Test(
        arguments: [
            ("00000003-0000-0000-c000-000000000000", true), ("https://graph.microsoft.com", true),
            ("https://graph.microsoft.com/", true), ("https://graph.microsoft.us", true), ("api://client", false),
            ("https://graph.microsoft.com.evil.example", false),
        ])
    func knowsGraph(_ audience: String, _ isGraph: Bool) {
        #expect(outline(#"{"aud":"\#(audience)"}"#)?.isForGraph == isGraph)
    }

    @Test(
        arguments: [
            ("https://sts.windows.net/t/", ["https://login.microsoftonline.com/t/v2.0"], true),
            ("https://login.microsoftonline.com/t/v2.0", ["https://sts.windows.net/t/"], true),
            ("https://sts.windows.net/t/", ["https://login.microsoftonline.com/u/v2.0"], false),
            ("https://sts.windows.net/t/", ["https://sts.windows.net/t/"], false),
            ("https://other.example/t/", ["https://login.microsoftonline.com/t/v2.0"], false),
        ])
    func knowsEntrasOtherName(_ issuer: String, _ accepted: [String], _ isOther: Bool) {
        #expect(outline(#"{"iss":"\#(issuer)"}"#)?.isOtherVersion(of: accepted) == isOther)
    }
}
