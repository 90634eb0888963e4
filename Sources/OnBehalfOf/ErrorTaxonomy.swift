internal import JSON

/// From a provider's error response to a reason. The order is that of trust: what the HTTP status says, then the
/// machine-readable fields from the most to the least specific; Entra's numbers come last, its prose never.
enum ErrorTaxonomy {
    /// OAuth's and OpenID Connect's `error` values (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2).
    /// `general` ones leave the last word to a known AADSTS number.
    static let errors: [String: (reason: ExchangeFault.Reason, general: Bool)] = [
        "temporarily_unavailable": (.exchangeUnavailable, false),
        "server_error": (.exchangeUnavailable, false),
        "slow_down": (.exchangeThrottled, false),
        "invalid_grant": (.exchangeRejected, true),
        "invalid_request": (.exchangeRejected, true),
        "access_denied": (.exchangeRejected, true),
        "interaction_required": (.interactionRequired, false),
        "login_required": (.interactionRequired, false),
        "account_selection_required": (.interactionRequired, false),
        "consent_required": (.consentRequired, false),
        "invalid_scope": (.scopeMisconfigured, false),
        "invalid_target": (.scopeMisconfigured, false),
        "invalid_resource": (.scopeMisconfigured, false),
        "invalid_client": (.clientRejected, false),
        "unauthorized_client": (.clientRejected, true),
        "unsupported_grant_type": (.grantUnsupported, false),
    ]

    /// Entra's `suberror` values that decide; others leave it to `error`.
    static let suberrors: [String: ExchangeFault.Reason] = [
        "basic_action": .interactionRequired,
        "additional_action": .interactionRequired,
        "user_password_expired": .interactionRequired,
        "consent_required": .consentRequired,
        "message_only": .exchangeRejected,
        "bad_token": .exchangeRejected,
        "token_expired": .exchangeRejected,
    ]

    /// The reason that a status alone decides: a provider in trouble says so whatever its body holds.
    static func reason(status: Int) -> ExchangeFault.Reason? {
        switch status {
        case 408: .exchangeTimeout
        case 429: .exchangeThrottled
        case 500...599: .exchangeUnavailable
        default: nil
        }
    }

    /// The reason of a 4xx response's fields; nil when they hold no error at all.
    static func reason(_ body: JSON, codes: [Int64]) -> ExchangeFault.Reason? {
        guard let error = body["error"]?.string, !error.isEmpty else { return nil }
        let row = errors[error] ?? (.exchangeRejected, true)
        if row.reason == .exchangeUnavailable { return row.reason }
        if let claims = body["claims"]?.string, !claims.isEmpty { return .interactionRequired }
        if let suberror = body["suberror"]?.string, let reason = suberrors[suberror] { return reason }
        if row.general, let reason = EntraCategory.reason(of: codes) { return reason }
        return row.reason
    }

    /// The first AADSTS numbers of a response.
    static func codes(_ body: JSON) -> [Int64] {
        (body["error_codes"]?.array ?? []).prefix(8).compactMap(\.integer)
    }

    /// A code as OAuth registers them; anything else is prose or an attempt to write into the log.
    static func code(_ value: JSON?) -> String? {
        guard let text = value?.string, 1...64 ~= text.utf8.count else { return nil }
        return text.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == UInt8(ascii: "_") } ? text : nil
    }

    /// An id that may go into the log.
    static func id(_ value: JSON?) -> String? {
        guard let text = value?.string, text.isPlainID else { return nil }
        return text
    }
}
