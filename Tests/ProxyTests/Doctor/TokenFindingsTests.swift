import Bytes
import Identity
import Testing

@testable import Proxy

private let tenantID = "11111111-1111-1111-1111-111111111111"
private let old = "https://sts.windows.net/\(tenantID)/"

@Suite struct TokenFindingsTests {
    private func explain(_ fault: TokenFault, _ claims: String?, issuers: [String] = [tenant]) -> String {
        func part(_ text: String) -> String { String(decoding: Base64URL.encode(text.utf8.span), as: UTF8.self) }
        let token = claims.map { [part("{}"), part($0), "c2ln"].joined(separator: ".") }
        let policy = IdentityPolicy(
            issuers: issuers, audiences: ["client", "api://client"], requiredScope: "access_as_user")
        let findings = TokenFindings(
            source: "file", policy: policy, clientID: "client",
            outline: token.flatMap { TokenOutline($0.utf8.span) }, now: 10_000)
        let finding = findings.explain(fault)
        #expect(finding.verdict == (fault == .keysUnavailable ? .skipped : .fault))
        return finding.description
    }

    @Test(
        arguments: [
            (.missingToken, nil, "empty"), (.placeholderToken, nil, "placeholder"),
            (.malformedToken, nil, "no signed JWT"), (.malformedToken, "{}", "iss, exp or the user is missing"),
            (.idToken, #"{"nonce":"x"}"#, "OPENID_REUSE_TOKENS=true"),
            (.appOnlyToken, "{}", "no user"), (.invalidSignature, "{}", "identity.algorithms"),
            (.wrongIssuer, #"{"iss":"https://other.example"}"#, "iss https://other.example"),
            (.wrongAudience, #"{"aud":"api://other"}"#, "Expected one of: client api://client."),
            (.wrongAudience, #"{"aud":["a","b"]}"#, "aud a b"),
            (.expiredToken, #"{"exp":9000}"#, "expired 16 min 40 s ago"),
            (.notYetValid, #"{"nbf":10060,"exp":20000}"#, "becomes valid in 1 min"),
            (.missingScope, #"{"scp":"User.Read"}"#, "lacks the scope access_as_user"),
            (.missingScope, #"{"scp":"User.Read"}"#, "scp User.Read"),
            (.keysUnavailable, "{}", "without the issuer's keys"),
        ] as [(TokenFault, String?, String)])
    func explains(_ fault: TokenFault, _ claims: String?, _ words: String) {
        let text = explain(fault, claims)
        #expect(text.contains(words), "\(text)")
    }

    /// Graph's tokens are of version 1, so their issuer is wrong before their audience is.
    @Test(arguments: [TokenFault.wrongAudience, .wrongIssuer, .invalidSignature, .expiredToken])
    func aTokenForGraphIsCalledOne(_ fault: TokenFault) {
        let text = explain(fault, #"{"aud":"00000003-0000-0000-c000-000000000000","iss":"\#(old)"}"#)
        #expect(text.contains("Microsoft Graph") && text.contains("OPENID_SCOPE=\"api://client/.default"))
    }

    @Test func explainsEntrasVersions() {
        let first = explain(.wrongIssuer, #"{"iss":"\#(old)","ver":"1.0"}"#)
        #expect(first.contains("requestedAccessTokenVersion") && first.contains("ver 1.0") && first.contains(tenant))
        let second = explain(.wrongIssuer, #"{"iss":"\#(tenant)"}"#, issuers: [old])
        #expect(second.contains("Put \(tenant) into identity.issuer"))
        let other = explain(.wrongIssuer, #"{"iss":"https://sts.windows.net/other/"}"#)
        #expect(!other.contains("requestedAccessTokenVersion"))
    }

    @Test(arguments: TokenFault.allCases) func showsNoOtherClaim(_ fault: TokenFault) {
        let text = explain(
            fault, #"{"aud":"a","name":"Alice","oid":"Object","sub":"Subject","tid":"Tenant","preferred_username":"U"}"#
        )
        for value in ["Alice", "Object", "Subject", "Tenant"] { #expect(!text.contains(value)) }
    }
}
