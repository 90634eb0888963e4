import JSON
import Testing

@testable import Demo

/// A provider's rules without its server.
struct Provider {
    let key: SigningKey
    let maker: TokenMaker
    /// Making one takes a while.
    private static let usualKey = Result { try SigningKey() }

    init(key other: SigningKey? = nil) throws {
        key = try other ?? Self.usualKey.get()
        maker = try TokenMaker(issuer: "http://issuer", settings: ProviderSettings(), key: key)
    }

    /// A check such as the tools server's.
    func check(_ audience: String = "api://tools", issuer: String = "http://issuer") throws -> TokenCheck {
        try TokenCheck(jwks: try key.jwks(), issuer: issuer, audiences: [audience])
    }
}

@Suite struct TokenCheckTests {
    @Test func takesWhatItsProviderSigned() throws {
        let provider = try Provider()
        let claims = try provider.check("api://chat").claims(of: provider.maker.signIn("ada", .access))
        #expect(claims["preferred_username"]?.string == "ada")
        #expect(claims["scp"]?.string == "access_as_user")
    }

    @Test func namesWhatIsWrong() throws {
        let provider = try Provider()
        let token = try provider.maker.signIn("ada", .access)
        let expired = try provider.maker.signIn("ada", .expired)
        let other = try Provider(key: SigningKey())
        #expect(throws: TokenCheck.Fault.audience) { try provider.check("api://tools").claims(of: token) }
        #expect(throws: TokenCheck.Fault.issuer) {
            try provider.check("api://chat", issuer: "http://other").claims(of: token)
        }
        #expect(throws: TokenCheck.Fault.time) { try provider.check("api://chat").claims(of: expired) }
        #expect(throws: TokenCheck.Fault.signature) { try other.check("api://chat").claims(of: token) }
        for text in ["", "a.b", "a.b.c", token + ".", "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}"] {
            #expect(throws: TokenCheck.Fault.malformed) { try provider.check("api://chat").claims(of: text) }
        }
    }
}

@Suite struct TokenMakerTests {
    @Test func eachSignInIsAnotherToken() throws {
        let provider = try Provider()
        #expect(try provider.maker.signIn("ada", .access) != provider.maker.signIn("ada", .access))
    }

    @Test func mintsForTheToolsOnBehalfOfTheUser() throws {
        let provider = try Provider()
        let claims = try provider.check().claims(of: provider.maker.mint(for: "grace"))
        #expect(claims["preferred_username"]?.string == "grace")
    }

    @Test func takesUsersAccessTokensForTheClientOnly() throws {
        let maker = try Provider().maker
        #expect(try maker.user(of: maker.signIn("ada", .access)) == "ada")
        #expect(throws: ExchangeFault.badAssertion) { try maker.user(of: maker.signIn("ada", .id)) }
        #expect(throws: ExchangeFault.expiredAssertion) { try maker.user(of: maker.signIn("ada", .expired)) }
        #expect(throws: ExchangeFault.wrongAudience) { try maker.user(of: maker.mint(for: "ada")) }
        #expect(throws: ExchangeFault.badAssertion) { try maker.user(of: "a.b.c") }
    }
}
