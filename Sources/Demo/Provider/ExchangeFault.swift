internal import JSON

/// Why the provider refuses an exchange.
enum ExchangeFault: Error, Equatable, CaseIterable {
    case missingProof, severalProofs, unknownClient, wrongSecret
    case badClientAssertion, staleClientAssertion, repeatedClientAssertion
    case unsupportedGrant, missingUse, badTokenType
    case badAssertion, wrongAudience, expiredAssertion
    case badScope, wrongTarget, consentMissing, secondFactorMissing

    /// Status, `error`, AADSTS number, `suberror`, text.
    private var row: (status: UInt16, error: String, code: Int64, suberror: String?, text: String) {
        switch self {
        case .missingProof: (401, "invalid_client", 7_000_218, nil, "A client_assertion or client_secret is needed.")
        case .severalProofs: (400, "invalid_request", 900144, nil, "A client proves itself in one way alone.")
        case .unknownClient: (400, "unauthorized_client", 700016, nil, "Application was not found in the directory.")
        case .wrongSecret: (401, "invalid_client", 7_000_215, nil, "Invalid client secret provided.")
        case .badClientAssertion: (401, "invalid_client", 700027, nil, "The client assertion is not valid.")
        case .staleClientAssertion: (401, "invalid_client", 700024, nil, "The client assertion is out of its time.")
        case .repeatedClientAssertion: (401, "invalid_client", 700027, nil, "The client assertion was used before.")
        case .unsupportedGrant: (400, "unsupported_grant_type", 70003, nil, "The grant type is not supported.")
        case .missingUse: (400, "invalid_request", 900144, nil, "requested_token_use must be on_behalf_of.")
        case .badTokenType: (400, "invalid_request", 900144, nil, "Token types are access_token and jwt.")
        case .badAssertion: (400, "invalid_grant", 50013, nil, "Assertion failed signature validation.")
        case .wrongAudience: (400, "invalid_grant", 500131, nil, "Assertion audience is not this client.")
        case .expiredAssertion: (400, "invalid_grant", 500133, nil, "Assertion is not within its valid time range.")
        case .badScope: (400, "invalid_scope", 70011, nil, "The scope is not valid.")
        case .wrongTarget: (400, "invalid_target", 500011, nil, "The audience is not known.")
        case .consentMissing: (400, "invalid_grant", 65001, "consent_required", "The user has not consented.")
        case .secondFactorMissing:
            (400, "interaction_required", 50076, "basic_action", "The user must use a second factor.")
        }
    }

    /// The short name in the provider's log of calls.
    var outcome: String { self == .secondFactorMissing ? row.error : row.suberror ?? row.error }

    var status: UInt16 { row.status }

    /// The error document, in the form of the grant that was asked for.
    func document(for grant: Grant?) -> JSON { grant == .tokenExchange ? plain : entras }

    /// RFC 6749 §5.2, with RFC 8693 §2.2.2 for a bad subject token and OpenID Connect's word for missing consent.
    private var plain: JSON {
        let error =
            switch self {
            case .badAssertion, .wrongAudience, .expiredAssertion: "invalid_request"
            case .consentMissing: "consent_required"
            default: row.error
            }
        return .object(withClaims(["error": .string(error), "error_description": .string(row.text)]))
    }

    private var entras: JSON {
        var document: JSON.Object = [
            "error": .string(row.error),
            "error_description": .string("AADSTS\(row.code): \(row.text)"),
            "error_codes": .array([.integer(row.code)]),
            "timestamp": .string("2026-01-01 00:00:00Z"),
            "trace_id": .string("00000000-0000-4000-8000-000000000001"),
            "correlation_id": .string("00000000-0000-4000-8000-000000000002"),
        ]
        if let suberror = row.suberror { document["suberror"] = .string(suberror) }
        return .object(withClaims(document))
    }

    /// What the next sign-in has to ask for, as a text, like Entra's.
    private func withClaims(_ document: JSON.Object) -> JSON.Object {
        guard self == .secondFactorMissing else { return document }
        var document = document
        document["claims"] = .string(#"{"access_token":{"acrs":{"essential":true,"value":"second-factor"}}}"#)
        return document
    }
}
