internal import Bytes
internal import Identity
internal import OnBehalfOf

/// What one exchange is about.
struct ExchangeOrder: Sendable {
    let flight: FlightID
    let target: ExchangeTarget
    let server: String
    let user: UserToken
    /// The user's token.
    let subject: Secret
    /// The claims request, nil for none.
    let claims: String?
    /// nil where the server's configuration takes any token.
    let check: MintedCheck?
    let requestID: String

    init(
        _ flight: FlightID, for user: UserToken, _ subject: Secret, to service: Service,
        challenge: ClaimsChallenge? = nil, requestID: String
    ) {
        (self.flight, self.user, self.subject, self.requestID) = (flight, user, subject, requestID)
        (target, server, check) = (service.target, service.name, service.check)
        claims = service.target.claims(for: challenge)
    }
}
