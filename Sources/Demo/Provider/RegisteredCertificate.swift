internal import Bytes
internal import OpenSSL

/// The certificate that a client has registered, by whose key it signs assertions.
package struct RegisteredCertificate: Sendable {
    let key: PublicKey
    /// The DER form's SHA-256 in base64url: a header's `x5t#S256` (RFC 7515 §4.1.8).
    let sha256: String
    /// The DER form's SHA-1 in base64url: a header's `x5t` (RFC 7515 §4.1.7).
    let sha1: String
}

extension RegisteredCertificate {
    /// The first certificate of a PEM text.
    /// - Throws: `KeyFault`.
    package init(pem: [UInt8]) throws {
        let certificate = try Certificate(pem: pem.span)
        let (new, old) = (certificate.thumbprint.bytes, certificate.oldThumbprint)
        self.init(
            key: try PublicKey(of: certificate), sha256: String(decoding: Base64URL.encode(new.span), as: UTF8.self),
            sha1: String(decoding: Base64URL.encode(old.span), as: UTF8.self))
    }
}
