/// Who signs user tokens and what they must say.
package struct IdentitySettings: Sendable {
    /// What user tokens are.
    package enum Tokens: String, CaseIterable, Sendable {
        /// Signed by an issuer; verified here.
        case jwt
        /// Anything; the provider is the judge.
        case opaque
    }

    /// What user tokens are.
    package internal(set) var tokens = Tokens.jwt
    /// The accepted issuers, at least one unless tokens are opaque. The first one's discovery also finds token endpoints.
    package internal(set) var issuers: [Issuer] = []
    /// Accepted `aud` values, at least one unless tokens are opaque.
    package internal(set) var audiences: [String] = []
    /// Accepted signature algorithms, at least one.
    package internal(set) var algorithms: [SignatureAlgorithm] = []
    /// The key set of the only issuer; nil to find it by discovery.
    package internal(set) var jwksURI: UpstreamURL?
    /// How far clocks may differ.
    package internal(set) var clockSkew = Duration.zero
    /// A word that `scp` or `scope` must hold.
    package internal(set) var requiredScope: String?
    /// Trust anchors for discovery and keys beside the system's, PEM.
    package internal(set) var ca: ConfiguredFile?
}

/// An issuer of user tokens.
package struct Issuer: Hashable, Sendable {
    /// What `iss` must be, byte for byte.
    package let identifier: String
    /// Its metadata (OpenID Connect Discovery §4).
    package let discovery: UpstreamURL
}

/// Public-key signatures only: a shared-key algorithm would let anybody sign with the public key (RFC 8725 §2.1).
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Ed25519.
    case edDSA = "EdDSA"
}
