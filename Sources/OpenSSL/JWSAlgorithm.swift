internal import COpenSSL

/// The signature algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that a public key can verify. `none` and the
/// HMAC family are no members, so that no configuration can name them.
package enum JWSAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Ed25519 alone; Ed448 is not offered.
    case edDSA = "EdDSA"

    /// The only kind of key that makes these signatures.
    package var keyType: KeyType {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .ellipticCurve(.p256)
        case .es384: .ellipticCurve(.p384)
        case .es512: .ellipticCurve(.p521)
        case .edDSA: .ed25519
        }
    }

    /// Whether the RSA padding is PSS rather than PKCS #1 v1.5.
    var usesPSS: Bool {
        switch self {
        case .ps256, .ps384, .ps512: true
        default: false
        }
    }

    /// OpenSSL's constant for the hash; nil for EdDSA, which brings its own.
    var hash: OpaquePointer? {
        switch self {
        case .rs256, .ps256, .es256: unsafe EVP_sha256()
        case .rs384, .ps384, .es384: unsafe EVP_sha384()
        case .rs512, .ps512, .es512: unsafe EVP_sha512()
        case .edDSA: nil
        }
    }
}
