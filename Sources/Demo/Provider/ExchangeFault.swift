internal import JSON

/// Why the provider refuses an exchange, in Entra's words and numbers.
enum ExchangeFault: Error, Equatable, CaseIterable {
    case unknownClient, wrongSecret, unsupportedGrant, missingUse, badAssertion, wrongAudience, expiredAssertion
    case badScope, consentMissing

    /// Status, `error`, AADSTS number, `suberror`, text.
    private var row: (status: UInt16, error: String, code: Int64, suberror: String?, text: String) {
        switch self {
        case .unknownClient: (400, "unauthorized_client", 700016, nil, "Application was not found in the directory.")
        case .wrongSecret: (401, "invalid_client", 7000215, nil, "Invalid client secret provided.")
        case .unsupportedGrant: (400, "unsupported_grant_type", 70003, nil, "The grant type is not supported.")
        case .missingUse: (400, "invalid_request", 900144, nil, "requested_token_use must be on_behalf_of.")
        case .badAssertion: (400, "invalid_grant", 50013, nil, "Assertion failed signature validation.")
        case .wrongAudience: (400, "invalid_grant", 500131, nil, "Assertion audience is not this client.")
        case .expiredAssertion: (400, "invalid_grant", 500133, nil, "Assertion is not within its valid time range.")
        case .badScope: (400, "invalid_scope", 70011, nil, "The scope is not valid.")
        case .consentMissing: (400, "invalid_grant", 65001, "consent_required", "The user has not consented.")
        }
    }

    /// The short name in the provider's log of calls.
    var outcome: String { row.suberror ?? row.error }

    var status: UInt16 { row.status }

    /// The error document.
    var document: JSON {
        var document: JSON.Object = [
            "error": .string(row.error),
            "error_description": .string("AADSTS\(row.code): \(row.text)"),
            "error_codes": .array([.integer(row.code)]),
            "timestamp": .string("2026-01-01 00:00:00Z"),
            "trace_id": .string("00000000-0000-4000-8000-000000000001"),
            "correlation_id": .string("00000000-0000-4000-8000-000000000002"),
        ]
        if let suberror = row.suberror { document["suberror"] = .string(suberror) }
        return .object(document)
    }
}
