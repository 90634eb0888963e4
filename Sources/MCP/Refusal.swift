/// Why a request was refused: every reason there is. The raw values are seen in bodies,
/// logs and metrics.
package enum Refusal: String, Sendable, CaseIterable, Error {
    case missingToken = "missing_token"
    case placeholderToken = "placeholder_token"
    case malformedToken = "malformed_token"
    case idToken = "id_token"
    case appOnlyToken = "app_only_token"
    case invalidSignature = "invalid_signature"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case expiredToken = "expired_token"
    case notYetValid = "not_yet_valid"
    case missingScope = "missing_scope"
    case exchangeRejected = "exchange_rejected"
    case consentRequired = "consent_required"
    case interactionRequired = "interaction_required"

    case scopeMisconfigured = "scope_misconfigured"
    case clientRejected = "client_rejected"
    case grantUnsupported = "grant_unsupported"
    case invalidExchangeResponse = "invalid_exchange_response"

    case exchangeUnavailable = "exchange_unavailable"
    case exchangeTimeout = "exchange_timeout"
    case exchangeThrottled = "exchange_throttled"
    case breakerOpen = "breaker_open"
    case keysUnavailable = "keys_unavailable"
    case upstreamUnreachable = "upstream_unreachable"
    case upstreamTimeout = "upstream_timeout"
    case upstreamProtocol = "upstream_protocol"
    case overloaded
    case draining

    case upstreamRejectedToken = "upstream_rejected_token"

    case badRequest = "bad_request"
    case badSidecarKey = "bad_sidecar_key"
    case badOrigin = "bad_origin"
    case unknownServer = "unknown_server"
    case methodNotAllowed = "method_not_allowed"
    case sessionMismatch = "session_mismatch"
    case toolNotAllowed = "tool_not_allowed"
    case rateLimited = "rate_limited"
    case bodyTooLarge = "body_too_large"
    case headerTooLarge = "header_too_large"

    /// Who has to do something about it.
    package enum Fault: String, Sendable, CaseIterable {
        case user
        case configuration
        case outage
        case upstreamVerdict = "upstream_verdict"
        case request
    }

    /// Whose fault it is.
    package var fault: Fault { row.fault }
    /// Whether the same call may succeed later without anybody's doing.
    package var isRetryable: Bool { fault == .outage || self == .rateLimited }
    /// The HTTP status wherever one is given.
    package var status: Int { row.status }
    /// What happened and what to do next, in two sentences.
    package var message: String { "\(row.happened) \(row.advice)" }

    /// Whether it is answered by HTTP alone, however readable the body: the fault lies before JSON-RPC begins, and
    /// clients act on the status (a 404 of a session makes them open a new one).
    package var isPlainHTTP: Bool {
        switch self {
        case .badRequest, .badSidecarKey, .badOrigin, .unknownServer, .methodNotAllowed, .sessionMismatch,
            .bodyTooLarge, .headerTooLarge:
            true
        case .missingToken, .placeholderToken, .malformedToken, .idToken, .appOnlyToken, .invalidSignature,
            .wrongIssuer, .wrongAudience, .expiredToken, .notYetValid, .missingScope, .exchangeRejected,
            .consentRequired, .interactionRequired, .scopeMisconfigured, .clientRejected, .grantUnsupported,
            .invalidExchangeResponse, .exchangeUnavailable, .exchangeTimeout, .exchangeThrottled, .breakerOpen,
            .keysUnavailable, .upstreamUnreachable, .upstreamTimeout, .upstreamProtocol, .overloaded, .draining,
            .upstreamRejectedToken, .toolNotAllowed, .rateLimited:
            false
        }
    }
}
