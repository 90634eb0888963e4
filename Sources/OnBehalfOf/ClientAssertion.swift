package import Bytes
internal import JSON
package import OpenSSL

/// Makes assertions by which a client proves itself with its certificate's key: RFC 7523 §2.2, which OpenID Connect
/// calls `private_key_jwt`. Each attempt needs one of its own, since providers remember `jti`.
package struct ClientAssertion: Sendable {
    /// How an RSA key signs, and by which digest the certificate is named. Other keys know but one way.
    package enum RSAForm: String, CaseIterable, Sendable {
        /// RSASSA-PSS with `x5t#S256`, what Entra asks for.
        case ps256 = "PS256"
        /// PKCS #1 v1.5 with `x5t`, for AD FS and for keys that cannot do PSS.
        case rs256 = "RS256"
    }

    private let clientID: String
    private let identity: CertifiedKey
    private let algorithm: JWSAlgorithm
    /// The encoded header and its dot, the same in each assertion.
    private let start: [UInt8]

    /// How long an assertion is good for, in seconds. Auth0 takes no more than five minutes, and a clock that is
    /// ahead of the provider's must still stay below that.
    static let lifetime: Int64 = 240

    package init(clientID: String, identity: CertifiedKey, form: RSAForm) {
        (self.clientID, self.identity) = (clientID, identity)
        algorithm = JWSAlgorithm(of: identity.key.type, form)
        var header: JSON.Object = ["alg": .string(algorithm.rawValue), "typ": .string("JWT")]
        if algorithm == .rs256 {
            header["x5t"] = .string(encoded(identity.certificate.oldThumbprint))
        } else {
            header["x5t#S256"] = .string(encoded(identity.certificate.thumbprint.bytes))
        }
        start = Base64URL.encode(JSON.object(header).bytes.span) + [UInt8(ascii: ".")]
    }

    /// A fresh assertion.
    /// - Parameters:
    ///   - audience: the token endpoint's URL.
    ///   - now: seconds since 1970.
    /// - Throws: `KeyFault.refused` when the library cannot sign or has no randomness.
    package func make(audience: String, now: Int64) throws(KeyFault) -> Secret {
        guard let id = try? RandomBytes.make(16) else { throw .refused }
        let claims: JSON.Object = [
            "aud": .string(audience), "iss": .string(clientID), "sub": .string(clientID), "jti": .string(encoded(id)),
            "nbf": .integer(now), "iat": .integer(now), "exp": .integer(now.saturatingAdd(Self.lifetime)),
        ]
        var text = start + Base64URL.encode(JSON.object(claims).bytes.span)
        let signature = try identity.key.sign(algorithm: algorithm, message: text.span)
        text.append(UInt8(ascii: "."))
        text += Base64URL.encode(signature.span)
        return Secret(copying: text.span)
    }
}

private func encoded(_ bytes: [UInt8]) -> String { String(decoding: Base64URL.encode(bytes.span), as: UTF8.self) }

extension JWSAlgorithm {
    fileprivate init(of type: KeyType, _ form: ClientAssertion.RSAForm) {
        self =
            switch type {
            case .rsa: form == .ps256 ? .ps256 : .rs256
            case .ellipticCurve(.p256): .es256
            case .ellipticCurve(.p384): .es384
            case .ellipticCurve(.p521): .es512
            case .ed25519: .edDSA
            }
    }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
