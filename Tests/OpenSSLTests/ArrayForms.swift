import Bytes

@testable import OpenSSL

// A span cannot pass through the testing library's macros, so tests call with arrays.

extension PublicKey {
    func verifies(_ algorithm: JWSAlgorithm, _ message: [UInt8], _ signature: [UInt8]) -> Bool {
        verify(algorithm: algorithm, message: message.span, signature: signature.span)
    }
}

extension PrivateKey {
    func signed(_ algorithm: JWSAlgorithm, _ message: [UInt8]) throws -> [UInt8] {
        try sign(algorithm: algorithm, message: message.span)
    }
}

extension ECDSASignature {
    static func der(fromRaw raw: [UInt8]) -> [UInt8]? { der(fromRaw: raw.span, curve: .p256) }
}

extension PublicKey {
    static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) throws -> PublicKey {
        try PublicKey(modulus: modulus.span, exponent: exponent.span)
    }

    static func ec(_ curve: EllipticCurve, _ x: [UInt8], _ y: [UInt8]) throws -> PublicKey {
        try PublicKey(curve: curve, x: x.span, y: y.span)
    }

    static func ed25519(_ x: [UInt8]) throws -> PublicKey { try PublicKey(ed25519: x.span) }
}
