import Testing

@testable import OnBehalfOf

private func reason(_ body: String, _ status: Int = 400, _ grant: Grant = .jwtBearer) -> ExchangeFault.Reason? {
    read(body, status: status, grant: grant).fault?.reason
}

private let exchange = Grant.tokenExchange(subject: .accessToken, requested: nil)

@Suite struct ErrorTaxonomyTests {
    @Test(
        arguments: [
            // The status decides first, whatever the body says.
            (500, #"{"error":"invalid_grant"}"#, .exchangeUnavailable), (503, "oops", .exchangeUnavailable),
            (502, #"{"error":"invalid_client","claims":"{}"}"#, .exchangeUnavailable),
            (599, "", .exchangeUnavailable),
            (429, "Too Many Requests", .exchangeThrottled), (429, #"{"error":"invalid_grant"}"#, .exchangeThrottled),
            (408, "", .exchangeTimeout), (302, #"{"error":"invalid_grant"}"#, .invalidExchangeResponse),
            (307, "", .invalidExchangeResponse), (101, "", .invalidExchangeResponse),
            (304, "", .invalidExchangeResponse), (600, "", .invalidExchangeResponse),
            // Nothing known to read.
            (400, "<html>", .invalidExchangeResponse), (403, "<html>", .invalidExchangeResponse),
            (404, "", .invalidExchangeResponse), (407, "", .invalidExchangeResponse),
            (400, "{}", .invalidExchangeResponse), (400, "[]", .invalidExchangeResponse),
            (400, #"[{"error":"invalid_grant"}]"#, .invalidExchangeResponse),
            (400, #""invalid_grant""#, .invalidExchangeResponse),
            (400, #"{"error":"invalid_grant""#, .invalidExchangeResponse),
            (400, #"{"error":"invalid_grant","error":"invalid_client"}"#, .invalidExchangeResponse),
            (400, #"{"error":""}"#, .invalidExchangeResponse), (400, #"{"error":7}"#, .invalidExchangeResponse),
            (400, #"{"error":{"code":"invalid_grant"}}"#, .invalidExchangeResponse),
            (401, "", .clientRejected), (401, "Unauthorized", .clientRejected),
            (401, #"{"error":"unheard_of"}"#, .clientRejected),
            (400, #"{"error":"unheard_of"}"#, .exchangeRejected),
            (403, #"{"error":"unheard_of"}"#, .exchangeRejected),
            (404, #"{"error":"Realm does not exist"}"#, .invalidExchangeResponse),
            (405, #"{"error":"HTTP 405 Method Not Allowed"}"#, .invalidExchangeResponse),
            // `suberror` before `error`, `claims` before both, trouble before all of them.
            (400, #"{"error":"invalid_grant","suberror":"basic_action"}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","suberror":"unheard_of"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","suberror":"consent_required","claims":"{}"}"#, .interactionRequired),
            (400, #"{"error":"invalid_client","claims":"{}"}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","claims":""}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","claims":{}}"#, .exchangeRejected),
            (400, #"{"error":"temporarily_unavailable","claims":"{}"}"#, .exchangeUnavailable),
            (400, #"{"error":"temporarily_unavailable","suberror":"basic_action"}"#, .exchangeUnavailable),
            (400, #"{"error":"temporarily_unavailable","error_codes":[65001]}"#, .exchangeUnavailable),
            // Entra's numbers, where `error` is a general one.
            (400, #"{"error":"interaction_required","error_codes":[50076]}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","error_codes":[50076],"suberror":"basic_action"}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","error_codes":[50076]}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","error_codes":[65001],"suberror":"consent_required"}"#, .consentRequired),
            (400, #"{"error":"invalid_grant","error_codes":[65001]}"#, .consentRequired),
            (400, #"{"error":"interaction_required","error_codes":[65001]}"#, .consentRequired),
            (400, #"{"error":"invalid_grant","error_codes":[50013]}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","error_codes":[50196]}"#, .exchangeThrottled),
            (400, #"{"error":"invalid_grant","error_codes":[1,90033]}"#, .exchangeUnavailable),
            (400, #"{"error":"invalid_grant","error_codes":[53003],"suberror":"message_only"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_request","error_codes":[90002]}"#, .clientRejected),
            (400, #"{"error":"invalid_request","error_codes":[900144]}"#, .grantUnsupported),
            (400, #"{"error":"invalid_client","error_codes":[650057]}"#, .scopeMisconfigured),
            (400, #"{"error":"unauthorized_client","error_codes":[700016]}"#, .clientRejected),
            (401, #"{"error":"invalid_client","error_codes":[7000215]}"#, .clientRejected),
            (400, #"{"error":"unheard_of","error_codes":[7000222]}"#, .clientRejected),
            (400, #"{"error_codes":[7000222]}"#, .clientRejected),
            // And not where it is a particular one, nor when they are unknown or no numbers.
            (400, #"{"error":"invalid_scope","error_codes":[65001]}"#, .scopeMisconfigured),
            (400, #"{"error":"invalid_grant","error_codes":[424242]}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","error_codes":"65001"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","error_codes":["65001",1e999,null]}"#, .exchangeRejected),
        ] as [(Int, String, ExchangeFault.Reason)])
    func findsTheReason(_ status: Int, _ body: String, _ expected: ExchangeFault.Reason) {
        #expect(reason(body, status) == expected)
    }

    /// Written down a second time, so that a slip in the table shows.
    static let errors: [(String, ExchangeFault.Reason)] = [
        ("invalid_request", .grantUnsupported), ("invalid_client", .clientRejected),
        ("invalid_grant", .exchangeRejected), ("unauthorized_client", .clientRejected),
        ("unsupported_grant_type", .grantUnsupported), ("invalid_scope", .scopeMisconfigured),
        ("access_denied", .exchangeRejected), ("server_error", .exchangeUnavailable),
        ("temporarily_unavailable", .exchangeUnavailable), ("invalid_target", .scopeMisconfigured),
        ("invalid_resource", .scopeMisconfigured), ("invalid_token", .exchangeRejected),
        ("interaction_required", .interactionRequired), ("login_required", .interactionRequired),
        ("account_selection_required", .interactionRequired), ("consent_required", .consentRequired),
        ("insufficient_user_authentication", .interactionRequired), ("mfa_required", .interactionRequired),
        ("slow_down", .exchangeThrottled), ("invalid_dpop_proof", .grantUnsupported),
        ("use_dpop_nonce", .grantUnsupported),
    ]

    @Test(arguments: errors) func knowsEveryError(_ error: String, _ expected: ExchangeFault.Reason) {
        #expect(reason(#"{"error":"\#(error)"}"#) == expected)
        let inExchange = error == "invalid_request" ? .exchangeRejected : expected
        #expect(reason(#"{"error":"\#(error)"}"#, 400, exchange) == inExchange)
    }

    static let suberrors: [(String, ExchangeFault.Reason)] = [
        ("basic_action", .interactionRequired), ("additional_action", .interactionRequired),
        ("user_password_expired", .interactionRequired), ("consent_required", .consentRequired),
        ("message_only", .exchangeRejected), ("bad_token", .exchangeRejected), ("token_expired", .exchangeRejected),
        ("client_mismatch", .exchangeRejected), ("protection_policy_required", .exchangeRejected),
    ]

    @Test(arguments: suberrors) func knowsEverySuberror(_ suberror: String, _ expected: ExchangeFault.Reason) {
        for error in ["invalid_grant", "interaction_required"] {
            #expect(reason(#"{"error":"\#(error)","suberror":"\#(suberror)"}"#) == expected)
        }
    }

    @Test func hasNoOtherRows() {
        #expect(Set(ErrorTaxonomy.errors.keys) == Set(Self.errors.map(\.0)))
        #expect(Set(ErrorTaxonomy.suberrors.keys) == Set(Self.suberrors.map(\.0)))
    }

    /// RFC 8693 has `invalid_request` for a bad subject token; a number of Entra's still knows better.
    @Test func readsTheGrantsOwnErrors() {
        let body = #"{"error":"invalid_request","error_codes":[7000218]}"#
        #expect(reason(body, 400, exchange) == .clientRejected)
        #expect(reason(#"{"error":"invalid_target"}"#, 400, exchange) == .scopeMisconfigured)
    }
}
