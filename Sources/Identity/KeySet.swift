internal import Bytes
internal import JSON
package import OpenSSL

/// Why a document is no key set to work with.
package enum KeySetFault: Error, Equatable, Sendable {
    /// Not JSON, or no object with an array `keys` (RFC 7517 §5).
    case malformed
    /// More keys than anybody publishes.
    case tooManyKeys
    /// No key that could verify a signature; such a set must not replace a good one.
    case noUsableKey
}

/// An issuer's public signing keys.
package struct KeySet: Sendable {
    /// Keys read from one document at most.
    package static let bound = 500

    private struct Key: Sendable {
        let id: String?
        /// `alg`: when given, the only algorithm of this key.
        let algorithm: JWSAlgorithm?
        /// Entra's `issuer`: when given, the only issuer whose tokens this key may sign.
        let issuer: String?
        let key: PublicKey

        func suits(algorithm wanted: JWSAlgorithm, issuer token: String) -> Bool {
            guard key.type == wanted.keyType, algorithm == nil || algorithm == wanted else { return false }
            guard let issuer, !issuer.isExactly(token) else { return true }
            return EntraIssuer(token)?.isCovered(by: issuer) ?? false
        }
    }

    private let keys: [Key]

    /// The usable keys.
    package var count: Int { keys.count }

    /// Reads a JWKS document (RFC 7517 §5). Keys of no use here are passed over: for encryption, of an unknown or
    /// symmetric type, too small, or private (whoever publishes one has lost it).
    /// - Throws: `KeySetFault`.
    package static func parse(_ document: Span<UInt8>) throws(KeySetFault) -> KeySet {
        let limits = JSON.Limits(depth: 8, bytes: 1 << 20, values: 20_000)
        guard case .array(let elements)? = (try? JSON.parse(document, limits: limits))?["keys"] else {
            throw .malformed
        }
        guard elements.count <= bound else { throw .tooManyKeys }
        let keys = elements.compactMap { element in element.object.flatMap(key) }
        guard !keys.isEmpty else { throw .noUsableKey }
        return KeySet(keys: keys)
    }

    private static func key(_ jwk: JSON.Object) -> Key? {
        guard jwk["d"] == nil, isForVerifying(jwk), let key = publicKey(jwk) else { return nil }
        var algorithm: JWSAlgorithm?
        if let name = jwk["alg"] {
            guard let known = name.string.flatMap(JWSAlgorithm.init(rawValue:)), known.keyType == key.type else {
                return nil
            }
            algorithm = known
        }
        return Key(id: jwk["kid"]?.string, algorithm: algorithm, issuer: jwk["issuer"]?.string, key: key)
    }

    /// `use` and `key_ops` (RFC 7517 §4.2, §4.3), where given.
    private static func isForVerifying(_ jwk: JSON.Object) -> Bool {
        if let use = jwk["use"], use.string != "sig" { return false }
        if let operations = jwk["key_ops"] { return operations.array?.contains(.string("verify")) == true }
        return true
    }

    private static func publicKey(_ jwk: JSON.Object) -> PublicKey? {
        func bytes(_ name: String) -> [UInt8]? { jwk[name]?.string.flatMap { Base64URL.decode(Array($0.utf8).span) } }
        switch jwk["kty"]?.string {
        case "RSA":
            guard let n = bytes("n"), let e = bytes("e") else { return nil }
            return try? PublicKey(modulus: n.span, exponent: e.span)
        case "EC":
            guard let curve = jwk["crv"]?.string.flatMap(EllipticCurve.init(rawValue:)), let x = bytes("x"),
                let y = bytes("y")
            else { return nil }
            return try? PublicKey(curve: curve, x: x.span, y: y.span)
        case "OKP":
            guard jwk["crv"]?.string == "Ed25519", let x = bytes("x") else { return nil }
            return try? PublicKey(ed25519: x.span)
        default: return nil
        }
    }

    /// The algorithms whose signatures these keys can verify in that issuer's tokens.
    package func algorithms(issuer: String) -> [JWSAlgorithm] {
        JWSAlgorithm.allCases.filter { algorithm in keys.contains { $0.suits(algorithm: algorithm, issuer: issuer) } }
    }

    /// Whether a key of that name is here, whatever it is good for.
    package func contains(keyID: String) -> Bool { keys.contains { $0.id?.isExactly(keyID) == true } }

    /// The keys that may have made a signature: of that name, of the algorithm's type, for that issuer. A token
    /// without `kid` gets a key only when there is no choice.
    package func candidates(keyID: String?, algorithm: JWSAlgorithm, issuer: String) -> [PublicKey] {
        let suitable = keys.filter { $0.suits(algorithm: algorithm, issuer: issuer) }
        guard let keyID else { return suitable.count == 1 ? suitable.map(\.key) : [] }
        return suitable.filter { $0.id?.isExactly(keyID) == true }.map(\.key)
    }
}
