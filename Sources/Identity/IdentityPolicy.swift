package import OpenSSL

/// What a user token must be to count. Plain values, checked by whoever reads the configuration; an empty list
/// of issuers, audiences or algorithms accepts nothing.
package struct IdentityPolicy: Sendable {
    /// Accepted `iss` values, compared exactly.
    package var issuers: [String]
    /// Accepted `aud` values, compared exactly; a token needs one of them.
    package var audiences: [String]
    /// Accepted `alg` values. Never taken from the token (RFC 8725 §3.1).
    package var algorithms: [JWSAlgorithm]
    /// Seconds by which the issuer's clock and ours may differ, applied to `exp` and `nbf`.
    package var clockSkew: Int
    /// A scope the token must carry in `scp` or `scope`.
    package var requiredScope: String?

    /// The algorithms accepted when nothing is configured.
    package static let defaultAlgorithms: [JWSAlgorithm] = [.rs256, .ps256, .es256, .edDSA]

    /// - Parameter clockSkew: seconds; a negative number counts as 0.
    package init(
        issuers: [String], audiences: [String], algorithms: [JWSAlgorithm] = defaultAlgorithms, clockSkew: Int = 60,
        requiredScope: String? = nil
    ) {
        self.issuers = issuers
        self.audiences = audiences
        self.algorithms = algorithms
        self.clockSkew = max(clockSkew, 0)
        self.requiredScope = requiredScope
    }
}
