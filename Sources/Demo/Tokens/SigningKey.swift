internal import Bytes
package import JSON
internal import OpenSSL

/// The provider's RS256 key, made at its start.
package struct SigningKey: Sendable {
    private let key: PrivateKey
    private let id = "demo-key"

    /// - Throws: when the library cannot make a key.
    package init() throws {
        key = try PrivateKey(generating: .rsa)
    }

    /// A signed JWT with these claims (RFC 7515 §3.1).
    package func token(_ claims: JSON) throws -> String {
        let header: JSON = .object(["alg": .string("RS256"), "typ": .string("JWT"), "kid": .string(id)])
        let signed = Base64URL.encode(header.bytes.span) + [UInt8(ascii: ".")] + Base64URL.encode(claims.bytes.span)
        let signature = try key.sign(algorithm: .rs256, message: signed.span)
        let token = signed + [UInt8(ascii: ".")] + Base64URL.encode(signature.span)
        return String(decoding: token, as: UTF8.self)
    }

    /// The key set that others check tokens with (RFC 7517 §5).
    package func jwks() throws -> JSON {
        guard case .rsa(let modulus, let exponent) = try key.publicMembers() else { throw TokenCheck.Fault.key }
        let text = { (bytes: [UInt8]) in JSON.string(String(decoding: Base64URL.encode(bytes.span), as: UTF8.self)) }
        return .object([
            "keys": .array([
                .object([
                    "kty": .string("RSA"), "use": .string("sig"), "alg": .string("RS256"), "kid": .string(id),
                    "n": text(modulus), "e": text(exponent),
                ])
            ])
        ])
    }
}
