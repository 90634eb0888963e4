internal import Bytes
package import JSON
internal import OpenSSL

/// Checks a token's signature, issuer, audience and time, with code of its own: what the demo claims about tokens
/// must not rest on the code that it demonstrates.
package struct TokenCheck: Sendable {
    /// What is wrong with a token.
    package enum Fault: Error, Sendable {
        case malformed, signature, issuer, audience, time
        /// The key set is unusable.
        case key
    }

    private let key: PublicKey
    private let issuer: String
    private let audiences: [String]

    /// - Parameter jwks: a key set with one RSA key.
    package init(jwks: JSON, issuer: String, audiences: [String]) throws(Fault) {
        guard let member = jwks["keys"]?.array?.first, let modulus = TokenCheck.number(member["n"]),
            let exponent = TokenCheck.number(member["e"])
        else { throw .key }
        do { key = try PublicKey(modulus: modulus.span, exponent: exponent.span) } catch { throw .key }
        self.issuer = issuer
        self.audiences = audiences
    }

    private static func number(_ member: JSON?) -> [UInt8]? {
        member?.string.flatMap { Base64URL.decode(Array($0.utf8).span) }
    }

    /// The claims of a good token.
    package func claims(of text: String) throws(Fault) -> JSON {
        guard let token = SignedToken(text) else { throw .malformed }
        guard key.verify(algorithm: .rs256, message: token.signed.span, signature: token.signature.span) else {
            throw .signature
        }
        guard token.claims["iss"]?.string == issuer else { throw .issuer }
        guard let audience = token.claims["aud"]?.string, audiences.contains(audience) else { throw .audience }
        guard let end = token.claims["exp"]?.integer, end > WallClock.seconds else { throw .time }
        return token.claims
    }

    /// The claims of any token, good or bad, only to show them.
    package static func unverifiedClaims(of text: String) -> JSON? { SignedToken(text)?.claims }
}
