import JSON
import Testing

@testable import Demo

/// A token endpoint, and requests to it.
private struct Endpoint {
    let provider: Provider
    var rules: TokenEndpoint

    init() throws {
        provider = try Provider()
        rules = TokenEndpoint(provider.maker, url: "http://issuer/token")
    }

    /// What the proxy sends on behalf of the user, with changes; nil leaves a field out.
    func onBehalfOf(_ user: String, _ changes: [String: String?] = [:]) throws -> [String: String] {
        merge(
            [
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id": "chat",
                "client_secret": "demo-secret", "assertion": try provider.maker.signIn(user, .access),
                "scope": "api://tools/access_as_user", "requested_token_use": "on_behalf_of",
            ], changes)
    }

    /// The same as RFC 8693 has it.
    func tokenExchange(_ user: String, _ changes: [String: String?] = [:]) throws -> [String: String] {
        merge(
            [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "client_id": "chat",
                "client_secret": "demo-secret", "subject_token": try provider.maker.signIn(user, .access),
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "audience": "api://tools",
                "scope": "access_as_user",
            ], changes)
    }

    private func merge(_ form: [String: String], _ changes: [String: String?]) -> [String: String] {
        changes.reduce(into: form) { $0[$1.key] = $1.value }
    }
}

@Suite struct TokenEndpointTests {
    @Test func exchangesOnBehalfOfTheUser() throws {
        var endpoint = try Endpoint()
        let granted = try endpoint.rules.exchange(endpoint.onBehalfOf("grace"))
        #expect(granted.user == "grace")
        #expect(granted.document["token_type"]?.string == "Bearer")
        #expect(granted.document["issued_token_type"] == nil)
        let minted = try #require(granted.document["access_token"]?.string)
        #expect(try endpoint.provider.check().claims(of: minted)["preferred_username"]?.string == "grace")
    }

    @Test func exchangesASubjectToken() throws {
        var endpoint = try Endpoint()
        let granted = try endpoint.rules.exchange(endpoint.tokenExchange("grace"))
        #expect(granted.user == "grace")
        #expect(granted.document["token_type"]?.string == "Bearer")
        #expect(
            granted.document["issued_token_type"]?.string == "urn:ietf:params:oauth:token-type:access_token")
        #expect(granted.document["scope"]?.string == "access_as_user")
        let minted = try #require(granted.document["access_token"]?.string)
        #expect(try endpoint.provider.check().claims(of: minted)["sub"]?.string == "subject-grace")
    }

    @Test func takesTheClientFromABasicHeader() throws {
        var endpoint = try Endpoint()
        for form in [try endpoint.onBehalfOf("ada"), try endpoint.tokenExchange("ada")] {
            let bare = form.filter { !$0.key.hasPrefix("client_") }
            let client = ClientCredentials(id: "chat", secret: "demo-secret")
            #expect(try endpoint.rules.exchange(bare, basic: client).user == "ada")
            let other = ClientCredentials(id: "chat", secret: "other")
            #expect(throws: ExchangeFault.wrongSecret) { try endpoint.rules.exchange(bare, basic: other) }
        }
    }

    @Test(arguments: [
        ["audience": nil], ["audience": nil, "resource": "api://tools"], ["scope": nil],
        ["scope": "api://tools/access_as_user"], ["subject_token_type": "urn:ietf:params:oauth:token-type:jwt"],
        ["requested_token_type": "urn:ietf:params:oauth:token-type:jwt"],
    ])
    func takesASubjectTokenWith(_ change: [String: String?]) throws {
        var endpoint = try Endpoint()
        let granted = try endpoint.rules.exchange(endpoint.tokenExchange("ada", change))
        #expect(granted.document["access_token"]?.string?.isEmpty == false)
        if let type = change["requested_token_type"] { #expect(granted.document["issued_token_type"]?.string == type) }
    }

    @Test(
        arguments: [
            (["client_id": "other"], ExchangeFault.unknownClient), (["client_secret": "wrong"], .wrongSecret),
            (["client_secret": nil], .missingProof), (["grant_type": "client_credentials"], .unsupportedGrant),
            (["grant_type": nil], .unsupportedGrant), (["requested_token_use": nil], .missingUse),
            (["assertion": "a.b.c"], .badAssertion), (["assertion": nil], .badAssertion),
            (["scope": "api://tools"], .badScope), (["scope": nil], .badScope), (["scope": "openid"], .badScope),
            (["scope": "api://tools/.default api://tools/access_as_user"], .badScope),
            (["scope": "https://graph.microsoft.com/.default"], .badScope),
        ] as [([String: String?], ExchangeFault)])
    func refusesOnBehalfOf(_ change: [String: String?], with fault: ExchangeFault) throws {
        var endpoint = try Endpoint()
        let form = try endpoint.onBehalfOf("ada", change)
        #expect(throws: fault) { try endpoint.rules.exchange(form) }
    }

    @Test(
        arguments: [
            (["client_secret": "wrong"], ExchangeFault.wrongSecret), (["subject_token": nil], .badAssertion),
            (["subject_token": "a.b.c"], .badAssertion), (["subject_token_type": nil], .badTokenType),
            (["subject_token_type": "urn:ietf:params:oauth:token-type:id_token"], .badTokenType),
            (["requested_token_type": "urn:ietf:params:oauth:token-type:saml2"], .badTokenType),
            (["audience": "api://other"], .wrongTarget), (["resource": "https://other.example/"], .wrongTarget),
            (["scope": "admin"], .badScope), (["scope": ""], .badScope),
        ] as [([String: String?], ExchangeFault)])
    func refusesASubjectToken(_ change: [String: String?], with fault: ExchangeFault) throws {
        var endpoint = try Endpoint()
        let form = try endpoint.tokenExchange("ada", change)
        #expect(throws: fault) { try endpoint.rules.exchange(form) }
    }

    /// Libraries for Entra add them to each request.
    @Test func openIDScopesAreNoOtherResource() throws {
        var endpoint = try Endpoint()
        let form = try endpoint.onBehalfOf("ada", ["scope": "offline_access openid profile api://tools/.default"])
        #expect(try endpoint.rules.exchange(form).document["scope"]?.string == "api://tools/.default")
    }

    @Test func someUsersHaveSomethingToDoFirst() throws {
        var endpoint = try Endpoint()
        for (user, fault) in [("carol", ExchangeFault.consentMissing), ("heidi", .secondFactorMissing)] {
            for form in [try endpoint.onBehalfOf(user), try endpoint.tokenExchange(user)] {
                #expect(throws: fault) { try endpoint.rules.exchange(form) }
            }
        }
    }
}

@Suite struct ExchangeFaultTests {
    @Test(arguments: ExchangeFault.allCases)
    func documentsHaveEntrasForm(_ fault: ExchangeFault) {
        for grant in [nil, Grant.onBehalfOf] {
            let document = fault.document(for: grant)
            let code = document["error_codes"]?.array?.first?.integer ?? 0
            #expect(code > 50000)
            #expect(document["error_description"]?.string?.hasPrefix("AADSTS\(code): ") == true)
            #expect(document["error"]?.string?.isEmpty == false)
        }
        #expect(fault.status == 400 || fault.status == 401)
    }

    @Test(arguments: ExchangeFault.allCases)
    func tokenExchangeHasThePlainForm(_ fault: ExchangeFault) {
        let names = fault.document(for: .tokenExchange).object?.members.map(\.name) ?? []
        #expect(names == ["error", "error_description"] + (fault == .secondFactorMissing ? ["claims"] : []))
    }

    /// RFC 8693 §2.2.2, unlike RFC 7523 §3.1.
    @Test(arguments: [ExchangeFault.badAssertion, .wrongAudience, .expiredAssertion])
    func aBadUserTokenHasAnotherNameInEachGrant(_ fault: ExchangeFault) {
        #expect(fault.document(for: .onBehalfOf)["error"]?.string == "invalid_grant")
        #expect(fault.document(for: .tokenExchange)["error"]?.string == "invalid_request")
    }

    @Test func saysWhatTheUserHasToDo() throws {
        #expect(ExchangeFault.consentMissing.document(for: .onBehalfOf)["suberror"]?.string == "consent_required")
        #expect(ExchangeFault.consentMissing.document(for: .tokenExchange)["error"]?.string == "consent_required")
        for grant in [Grant.onBehalfOf, .tokenExchange] {
            let document = ExchangeFault.secondFactorMissing.document(for: grant)
            #expect(document["error"]?.string == "interaction_required")
            let claims = Array(try #require(document["claims"]?.string).utf8)
            #expect((try? JSON.parse(claims.span))?["access_token"] != nil)
        }
    }
}

@Suite struct CallRecordTests {
    @Test func namesEveryFieldAndShowsNoSecret() {
        let form = [
            "grant_type": "g", "client_id": "chat", "scope": "s", "client_secret": "hush", "assertion": "hush",
            "client_assertion": "hush", "subject_token": "hush", "invented": "hush",
        ]
        let record = CallRecord(form: form, user: "ada", outcome: "minted").json
        let fields = record["form"]?.object?.members ?? []
        #expect(fields.map(\.name) == form.keys.sorted())
        #expect(fields.filter { $0.value != .null }.map(\.name) == ["client_id", "grant_type", "scope"])
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains("hush"))
    }
}
