import JSON
import Testing

@testable import Demo

/// A provider's rules without its server.
struct Provider {
    let key: SigningKey
    let maker: TokenMaker

    init() throws {
        key = try SigningKey()
        maker = try TokenMaker(issuer: "http://issuer", settings: ProviderSettings(), key: key)
    }

    /// A check such as the tools server's.
    func check(_ audience: String = "api://tools", issuer: String = "http://issuer") throws -> TokenCheck {
        try TokenCheck(jwks: try key.jwks(), issuer: issuer, audiences: [audience])
    }

    /// What the proxy sends, with changes; nil leaves a field out.
    func form(_ assertion: String, _ changes: [String: String?] = [:]) -> [String: String] {
        let form = [
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id": "chat",
            "client_secret": "demo-secret", "assertion": assertion, "scope": "api://tools/access_as_user",
            "requested_token_use": "on_behalf_of",
        ]
        return form.merging(changes.compactMapValues { $0 ?? "" }) { $1 }
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
        let other = try Provider()
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
        let token = try provider.maker.signIn("grace", .access)
        let exchanged = try provider.maker.exchange(provider.form(token), basic: nil)
        #expect(exchanged.user == "grace")
        #expect(exchanged.document["token_type"]?.string == "Bearer")
        let minted = try #require(exchanged.document["access_token"]?.string)
        let claims = try provider.check().claims(of: minted)
        #expect(claims["preferred_username"]?.string == "grace")
    }

    @Test func takesTheClientFromABasicHeader() throws {
        let provider = try Provider()
        let form = try provider.form(provider.maker.signIn("ada", .access), ["client_id": nil, "client_secret": nil])
        let client = ClientCredentials(id: "chat", secret: "demo-secret")
        #expect(try provider.maker.exchange(form, basic: client).user == "ada")
    }

    @Test(arguments: [
        (["client_id": "other"], ExchangeFault.unknownClient),
        (["client_secret": "wrong"], .wrongSecret),
        (["grant_type": "client_credentials"], .unsupportedGrant),
        (["requested_token_use": ""], .missingUse),
        (["assertion": "a.b.c"], .badAssertion),
        (["scope": "api://tools"], .badScope),
        (["scope": "https://graph.microsoft.com/.default"], .badScope),
    ])
    func refuses(_ change: [String: String], with fault: ExchangeFault) throws {
        let provider = try Provider()
        let form = try provider.form(provider.maker.signIn("ada", .access), change)
        #expect(throws: fault) { try provider.maker.exchange(form, basic: nil) }
    }

    @Test func refusesTokensThatAreNoUserAccessTokens() throws {
        let provider = try Provider()
        for (kind, fault) in [(TokenMaker.Kind.id, ExchangeFault.badAssertion), (.expired, .expiredAssertion)] {
            let form = try provider.form(provider.maker.signIn("ada", kind))
            #expect(throws: fault) { try provider.maker.exchange(form, basic: nil) }
        }
        let minted = try provider.maker.exchange(
            provider.form(provider.maker.signIn("ada", .access)), basic: nil
        ).document["access_token"]?.string
        #expect(throws: ExchangeFault.wrongAudience) {
            try provider.maker.exchange(provider.form(minted ?? ""), basic: nil)
        }
    }

    @Test func carolHasNotConsented() throws {
        let provider = try Provider()
        let form = try provider.form(provider.maker.signIn("carol", .access))
        #expect(throws: ExchangeFault.consentMissing) { try provider.maker.exchange(form, basic: nil) }
        #expect(ExchangeFault.consentMissing.document["suberror"]?.string == "consent_required")
    }

    @Test(arguments: ExchangeFault.allCases)
    func errorDocumentsHaveEntrasForm(_ fault: ExchangeFault) {
        let code = fault.document["error_codes"]?.array?.first?.integer ?? 0
        #expect(code > 50000)
        #expect(fault.document["error_description"]?.string?.hasPrefix("AADSTS\(code): ") == true)
        #expect(fault.document["error"]?.string?.isEmpty == false)
        #expect(fault.status == 400 || fault.status == 401)
    }
}
