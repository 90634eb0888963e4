import Bytes
import Identity
import OnBehalfOf
import OpenSSL
import Testing

@testable import Proxy

private func outcome(_ status: Int, _ body: String) -> ExchangeOutcome {
    ExchangeResponse.read(
        .init(status: status, contentType: "application/json"), body: body.utf8.span, grant: .jwtBearer,
        subject: Secret("user-token"), now: 0, wallClock: 0)
}

@Suite struct ExchangeFindingsTests {
    private func credential(_ status: Int, _ body: String) -> Finding {
        ExchangeFindings.credential("default", server: "tickets", outcome(status, body))
    }

    @Test(arguments: [
        #"{"error":"invalid_grant"}"#, #"{"error":"invalid_grant","error_codes":[50013]}"#,
        #"{"error":"invalid_request"}"#, #"{"error":"invalid_request","error_codes":[50027]}"#,
        #"{"error":"interaction_required"}"#, #"{"error":"invalid_grant","error_codes":[65001]}"#,
        #"{"error":"unheard_of"}"#,
    ])
    func whoRefusesTheForgeryHasLetTheClientPass(_ body: String) {
        #expect(credential(400, body).verdict == .good)
    }

    @Test(
        arguments: [
            (401, #"{"error":"invalid_client","error_codes":[7000222]}"#, "secret has expired"),
            (401, #"{"error":"invalid_client","error_codes":[7000215]}"#, "not its id"),
            (400, #"{"error":"unauthorized_client","error_codes":[700016]}"#, "application is unknown"),
            (400, #"{"error":"invalid_client","error_codes":[700027]}"#, "certificate"),
            (400, #"{"error":"invalid_request","error_codes":[90002]}"#, "tenant is unknown"),
            (400, #"{"error":"invalid_request","error_codes":[900144]}"#, "malformed"),
            (401, "", "client_id"),
            (400, #"{"error":"unsupported_grant_type"}"#, "exchange.grant"),
            (400, #"{"error":"invalid_scope"}"#, "server tickets"),
            (404, "", "no token endpoint"), (503, "", "fails or cannot be reached"), (429, "", "limits this client"),
        ])
    func allElseIsAFault(_ status: Int, _ body: String, _ words: String) {
        let finding = credential(status, body)
        #expect(finding.verdict == .fault)
        #expect("\(finding)".contains(words), "\(finding)")
    }

    @Test func whoMintsForAForgeryIsNotToBeTheOnlyJudge() {
        let good = outcome(200, #"{"token_type":"Bearer","access_token":"t","expires_in":60}"#)
        #expect(ExchangeFindings.credential("default", server: "s", good).verdict == .warning)
        #expect(ExchangeFindings.credential("default", server: "s", good, isOnlyJudge: true).verdict == .fault)
        var mismatch = ExchangeFault(.invalidExchangeResponse)
        mismatch.mismatch = "user"
        let finding = ExchangeFindings.credential("default", server: "s", .failed(mismatch))
        #expect("\(finding)".contains("forged"))
    }

    @Test func theForgeryIsOne() throws {
        let token = ForgedToken.make(issuer: "https://i.example", audience: "client", now: 1000)
        let policy = IdentityPolicy(issuers: ["https://i.example"], audiences: ["client"])
        let key = try PrivateKey(generating: .rsa)
        guard case .rsa(let modulus, let exponent) = try key.publicMembers() else { return }
        func text(_ bytes: [UInt8]) -> String { String(decoding: Base64URL.encode(bytes.span), as: UTF8.self) }
        let jwk = #"{"keys":[{"kty":"RSA","kid":"obo-proxy-doctor","n":"\#(text(modulus))","e":"\#(text(exponent))"}]}"#
        let keys = try KeySet.parse(jwk.utf8.span)
        let looked = try token.withSpan { try UnverifiedToken.inspect(token: $0, policy: policy, now: 1000) }
        #expect(throws: TokenFault.invalidSignature) { try looked.verify(with: keys) }
    }

    @Test func saysWhatWasMinted() {
        let good = outcome(200, #"{"token_type":"Bearer","access_token":"sesame","expires_in":3600}"#)
        let finding = ExchangeFindings.exchange("tickets", good, outline: nil, now: 0)
        #expect(finding.verdict == .good)
        #expect(finding.detail == "minted, for 1 h; it is no JWT to look into")
    }

    @Test func quotesTheProvidersIds() {
        let id = "c0000000-0000-4000-8000-000000000001"
        let failed = outcome(
            400,
            #"{"error":"invalid_grant","error_description":"prose","suberror":"consent_required","error_codes":[65001],"correlation_id":"\#(id)"}"#
        )
        let finding = ExchangeFindings.exchange("tickets", failed, outline: nil, now: 0)
        #expect(finding.verdict == .fault)
        #expect(
            finding.detail
                == "consent_required, status 400, invalid_grant, consent_required, AADSTS65001, correlation id \(id)")
        #expect(finding.advice.count == 1 && finding.advice[0].contains("admin consent"))
    }
}
