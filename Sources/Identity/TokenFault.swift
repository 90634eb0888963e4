/// Why a user token is not accepted. The raw value is the refusal's reason as operators and clients see it.
package enum TokenFault: String, Error, CaseIterable, Sendable {
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
    /// Not the user's doing: the issuer's keys cannot be had.
    case keysUnavailable = "keys_unavailable"

    /// How many seconds the same bytes may be refused again without another look. A finding that lies in the
    /// token alone cannot change under one policy; a signature may become good when keys rotate, a token valid
    /// when time passes, so those are looked at (almost) every time.
    package var memory: Int {
        switch self {
        case .malformedToken, .idToken, .appOnlyToken, .wrongIssuer, .wrongAudience, .expiredToken, .missingScope: 60
        case .invalidSignature: 5
        case .missingToken, .placeholderToken, .notYetValid, .keysUnavailable: 0
        }
    }
}
