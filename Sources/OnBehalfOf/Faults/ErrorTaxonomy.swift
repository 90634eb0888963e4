internal import JSON

/// From a provider's error response to a reason. The order is that of trust: what the HTTP status says, then the
/// machine-readable fields from the most to the least specific; Entra's numbers come last, its prose never.
enum ErrorTaxonomy {
    /// What an `error` value says.
    struct Row: Sendable {
        let reason: ExchangeFault.Reason
        /// Whether it is so general that a known AADSTS number has the last word.
        let isGeneral: Bool
        /// The reason in answer to a token-exchange request, where that differs.
        let tokenExchange: ExchangeFault.Reason?

        init(_ reason: ExchangeFault.Reason, general: Bool = false, tokenExchange: ExchangeFault.Reason? = nil) {
            (self.reason, isGeneral, self.tokenExchange) = (reason, general, tokenExchange)
        }
    }

    /// Statuses that decide alone: a provider in trouble says so whatever its body holds.
    static func reason(status: Int) -> ExchangeFault.Reason? {
        switch status {
        case 408: .exchangeTimeout
        case 429: .exchangeThrottled
        case 500...599: .exchangeUnavailable
        default: nil
        }
    }

    /// `error` values.
    static let errors: [String: Row] = [
        // RFC 6749 §5.2. RFC 8693 §2.2.2 has `invalid_request` for a bad subject token; elsewhere it is our mistake.
        "invalid_request": Row(.grantUnsupported, general: true, tokenExchange: .exchangeRejected),
        "invalid_client": Row(.clientRejected, general: true),
        "invalid_grant": Row(.exchangeRejected, general: true),
        "unauthorized_client": Row(.clientRejected, general: true),
        "unsupported_grant_type": Row(.grantUnsupported),
        "invalid_scope": Row(.scopeMisconfigured),
        // RFC 6749 §4.1.2.1, which token endpoints use too.
        "access_denied": Row(.exchangeRejected, general: true),
        "server_error": Row(.exchangeUnavailable),
        "temporarily_unavailable": Row(.exchangeUnavailable),
        // RFC 8693 §2.2.2, RFC 8707 §2; Entra's own word for it.
        "invalid_target": Row(.scopeMisconfigured),
        "invalid_resource": Row(.scopeMisconfigured),
        // RFC 6750 §3.1, said of the subject token.
        "invalid_token": Row(.exchangeRejected, general: true),
        // OpenID Connect Core §3.1.2.6, RFC 9470 §3; Auth0's own word for it.
        "interaction_required": Row(.interactionRequired, general: true),
        "login_required": Row(.interactionRequired, general: true),
        "account_selection_required": Row(.interactionRequired),
        "consent_required": Row(.consentRequired),
        "insufficient_user_authentication": Row(.interactionRequired),
        "mfa_required": Row(.interactionRequired),
        // RFC 8628 §3.5, used for throttling.
        "slow_down": Row(.exchangeThrottled),
        // RFC 9449 §5 and §8: the client is registered for tokens that are bound to a key.
        "invalid_dpop_proof": Row(.grantUnsupported),
        "use_dpop_nonce": Row(.grantUnsupported),
    ]

    /// Entra's `suberror` values.
    static let suberrors: [String: ExchangeFault.Reason] = [
        "basic_action": .interactionRequired,
        "additional_action": .interactionRequired,
        "user_password_expired": .interactionRequired,
        "consent_required": .consentRequired,
        "message_only": .exchangeRejected,
        "bad_token": .exchangeRejected,
        "token_expired": .exchangeRejected,
        // A further sign-in does not help with these two.
        "client_mismatch": .exchangeRejected,
        "protection_policy_required": .exchangeRejected,
    ]

    /// The reason of a response that is no success.
    /// - Parameters:
    ///   - body: nil when it is no JSON.
    ///   - grant: what was asked with.
    static func reason(status: Int, _ body: JSON?, codes: [Int64], _ grant: Grant) -> ExchangeFault.Reason {
        if let reason = reason(status: status) { return reason }
        // A redirect would carry the user's token and our secret elsewhere; whatever its body says, it is no answer.
        guard 400...499 ~= status, let body else { return fallback(status: status, hasError: false) }
        let error = body["error"]?.string ?? ""
        let row = errors[error]
        if let row, row.reason.isRetryable { return row.reason }
        if let claims = body["claims"]?.string, !claims.isEmpty { return .interactionRequired }
        if let suberror = body["suberror"]?.string, let reason = suberrors[suberror] { return reason }
        if row?.isGeneral ?? true, let category = EntraCategory.of(codes) { return category.row.reason }
        guard let row else { return fallback(status: status, hasError: !error.isEmpty) }
        if case .tokenExchange = grant { return row.tokenExchange ?? row.reason }
        return row.reason
    }

    /// The reason of a response whose fields say nothing that is known. Providers have errors of their own, and most
    /// of them are about the user; an answer without any is not a token endpoint's.
    private static func fallback(status: Int, hasError: Bool) -> ExchangeFault.Reason {
        switch status {
        // RFC 6749 §5.2 keeps it for clients that failed to prove themselves.
        case 401: .clientRejected
        case 400, 403: hasError ? .exchangeRejected : .invalidExchangeResponse
        default: .invalidExchangeResponse
        }
    }
}
