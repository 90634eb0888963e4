import JSON
import OpenSSL
import Testing

@testable import Identity

@Suite struct EntraTests {
    static let tenant = "11111111-2222-3333-4444-555555555555"
    static let v2 = "https://login.microsoftonline.com/\(tenant)/v2.0"
    static let v1 = "https://sts.windows.net/\(tenant)/"
    static let good: [String: JSON?] = [
        "iss": .string(v2), "tid": .string(tenant), "oid": "object", "sub": "pairwise", "scp": "access_as_user",
        "scope": nil,
        "azp": "client", "name": "Ann", "preferred_username": "ann@example.test",
    ]

    func verify(_ changes: [String: JSON?] = [:], issuers: [String] = [v2, v1], keyIssuer: JSON? = nil) throws
        -> UserToken
    {
        let issuer = try Issuer(.rs256)
        return try accept(
            issuer.token(claims: Self.good.merging(changes) { $1 }), issuer.keys(["issuer": keyIssuer]),
            policy: Issuer.policy(issuers: issuers))
    }

    @Test func theUserIsTenantAndObject() throws {
        let user = try verify()
        #expect(user.subject == "\(Self.tenant)/object")
        #expect(user.tenant == Self.tenant)
        #expect(try verify(["iss": .string(Self.v1)]).subject == user.subject)
        #expect(throws: TokenFault.malformedToken) { try verify(["oid": nil]) }
        #expect(throws: TokenFault.malformedToken) { try verify(["tid": nil]) }
    }

    @Test func withoutScopesNobodyDelegated() {
        for scp: JSON? in [nil, "", " "] {
            #expect(throws: TokenFault.appOnlyToken) { try verify(["scp": scp]) }
        }
        #expect(throws: TokenFault.appOnlyToken) { try verify(["idtyp": "app"]) }
        let bare: [String: JSON?] = ["scp": nil, "azp": nil, "name": nil, "preferred_username": nil]
        #expect(throws: TokenFault.appOnlyToken) { try verify(bare) }
        #expect(throws: TokenFault.appOnlyToken) { try verify(bare.merging(["scope": "access_as_user"]) { $1 }) }
    }

    @Test func anIDTokenNeedsNoNonce() {
        // A user and no client: only ID tokens look so.
        #expect(throws: TokenFault.idToken) { try verify(["scp": nil, "azp": nil]) }
    }

    @Test func theTenantMustBeTheIssuers() {
        #expect(throws: TokenFault.wrongIssuer) { try verify(["tid": "99999999-2222-3333-4444-555555555555"]) }
        #expect(throws: TokenFault.wrongIssuer) { try verify(["iss": .string(Self.v1)], issuers: [Self.v2]) }
    }

    @Test func keysOfOtherTenantsDoNotCount() throws {
        for covering: JSON in [
            .string(Self.v2), .string(Self.v1), "https://login.microsoftonline.com/{tenantid}/v2.0",
            "https://sts.windows.net/{tenantid}/",
        ] {
            #expect(throws: Never.self) { try verify(keyIssuer: covering) }
        }
        for other: JSON in [
            "https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/v2.0", "https://evil.test",
        ] {
            #expect(throws: TokenFault.invalidSignature) { try verify(keyIssuer: other) }
        }
    }

    @Test func issuersAreRecognisedByTheirFullForm() {
        #expect(EntraIssuer(Self.v2)?.tenant == Self.tenant)
        #expect(EntraIssuer(Self.v2)?.version == 2)
        #expect(EntraIssuer(Self.v1)?.version == 1)
        #expect(EntraIssuer.v1Issuer(tenant: Self.tenant) == Self.v1)
        #expect(EntraIssuer("https://login.microsoftonline.us/t/v2.0")?.tenant == "t")
        #expect(EntraIssuer("https://t.ciamlogin.com/t/v2.0")?.version == 2)
        #expect(EntraIssuer("https://ciamlogin.com/t/v2.0") == nil)
        for other in [
            "https://login.microsoftonline.com.evil.test/t/v2.0", "http://login.microsoftonline.com/t/v2.0",
            "https://login.microsoftonline.com/t", "https://login.microsoftonline.com//v2.0",
            "https://sts.windows.net/t",
            "https://login.microsoftonline.com/t/v2.0/", "", "https://id.example.test",
        ] {
            #expect(EntraIssuer(other) == nil)
        }
    }
}
