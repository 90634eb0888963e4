package import Bytes

/// How one request proves which client sends it.
package enum ClientProof: Sendable {
    /// A shared secret (RFC 6749 §2.3.1).
    case secret(Secret, Placement)
    /// A JWT in `client_assertion` (RFC 7521 §4.2, RFC 7523 §2.2): signed by us, or by a platform that vouches for us.
    case assertion(Secret)
    /// The certificate of the TLS connection (RFC 8705 §2.1); the form only says whose it is.
    case certificate

    /// Where a secret goes.
    package enum Placement: String, Sendable, CaseIterable {
        /// Form fields `client_id` and `client_secret`.
        case post
        /// HTTP Basic, both parts form-encoded first.
        case basic
    }

    /// The value of `client_assertion_type`.
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
}
