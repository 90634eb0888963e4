package import Bytes

/// How the proxy proves to a provider which client it is.
package struct ClientCredential: Sendable {
    /// Where the secret goes (RFC 6749 §2.3.1).
    package enum Placement: String, Sendable, CaseIterable {
        /// Form fields `client_id` and `client_secret`.
        case post
        /// HTTP Basic, both parts form-encoded first.
        case basic
    }

    package var clientID: String
    package var secret: Secret
    package var placement: Placement

    package init(clientID: String, secret: Secret, placement: Placement = .post) {
        self.clientID = clientID
        self.secret = secret
        self.placement = placement
    }
}
