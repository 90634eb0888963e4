internal import OpenSSL

/// The certificate that a client has registered, by which it signs assertions.
package struct RegisteredCertificate: Sendable {
    let key: PublicKey
    /// The DER form's SHA-256 in base64url: a header's `x5t#S256` (RFC 7515 §4.1.8).
    let sha256: String
    /// The DER form's SHA-1 in base64url: a header's `x5t` (RFC 7515 §4.1.7).
    let sha1: String
}
