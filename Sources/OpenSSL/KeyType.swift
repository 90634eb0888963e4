internal import COpenSSL

/// The kinds of key in use here.
package enum KeyType: Sendable, Equatable {
    case rsa
    case ellipticCurve(EllipticCurve)
    case ed25519
}

/// The curves of RFC 7518 §6.2.1.1, by their JWK names.
package enum EllipticCurve: String, CaseIterable, Sendable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// Bytes of one coordinate, and of each half of a signature (RFC 7518 §3.4, §6.2.1.2).
    package var coordinateSize: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}

extension KeyType {
    /// - Throws: `.unsupportedType`, `.wrongSize`.
    init(of key: OpaquePointer) throws(KeyFault) {
        if unsafe EVP_PKEY_is_a(key, "RSA") == 1 {
            guard unsafe 2048...8192 ~= EVP_PKEY_get_bits(key) else { throw .wrongSize }
            self = .rsa
        } else if unsafe EVP_PKEY_is_a(key, "ED25519") == 1 {
            self = .ed25519
        } else if unsafe EVP_PKEY_is_a(key, "EC") == 1 {
            self = .ellipticCurve(unsafe try EllipticCurve(of: key))
        } else {
            throw .unsupportedType
        }
    }
}

extension EllipticCurve {
    /// - Throws: `.unsupportedType`.
    init(of key: OpaquePointer) throws(KeyFault) {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { throw .unsupportedType }
        // The library's own names of the three curves; it may give either spelling.
        switch String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) {
        case "prime256v1", "P-256": self = .p256
        case "secp384r1", "P-384": self = .p384
        case "secp521r1", "P-521": self = .p521
        default: throw .unsupportedType
        }
    }
}
