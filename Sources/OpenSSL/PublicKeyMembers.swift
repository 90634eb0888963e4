/// What a JWK says of a public key (RFC 7518 §6, RFC 8037 §2), most significant byte first.
package enum PublicKeyMembers: Sendable, Equatable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case ellipticCurve(EllipticCurve, x: [UInt8], y: [UInt8])
    case ed25519(x: [UInt8])
}
