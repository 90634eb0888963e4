package import Bytes
internal import JSON
internal import OpenSSL

/// Who a verified token speaks for, and how long. Made by `UnverifiedToken.verify` alone. Holds no token bytes.
package final class UserToken: Sendable {
    /// The token's `iss`.
    package let issuer: String
    /// The user, stable over the tokens of this issuer: `tid/oid` with Entra, else `sub`.
    package let subject: String
    /// Entra's `tid`, or what another issuer calls so.
    package let tenant: String?
    /// The words of `scp` and `scope`.
    package let scopes: [String]
    /// `exp` as issued, without skew: seconds since 1970.
    package let expiresAt: Int
    /// `nbf` in seconds since 1970.
    package let notBefore: Int?
    /// Issuer and subject, each after its length as four big-endian bytes: equal for the same user only. Input for a keyed hash
    /// (log lines, session ids), not for display.
    package let identity: [UInt8]
    /// SHA-256 of `identity`, for tables by user.
    package let identityDigest: Digest256
    /// The user as logs name them, worked out once, when the token is verified; empty without a namer.
    package let logName: [UInt8]
    /// Whether nobody has looked inside: the provider is the judge, and its answer may say who the user is.
    package let isOpaque: Bool
    let person: Person

    /// - Throws: `.malformedToken` when nothing says who the user is.
    init(_ claims: TokenClaims, naming: ([UInt8]) -> [UInt8]) throws(TokenFault) {
        guard let subject = claims.subject else { throw .malformedToken }
        (issuer, self.subject, tenant, scopes) = (claims.issuer, subject, claims.tenant, claims.scopes)
        (expiresAt, notBefore, person, isOpaque) = (claims.expiresAt, claims.notBefore, claims.person, false)
        let identity = Self.identity(claims.issuer, subject)
        self.identity = identity
        identityDigest = SHA256.digest(identity.span)
        logName = naming(identity)
    }

    /// A token that is not looked into; until a minted one says more, the user is the token itself.
    /// - Parameter digest: its SHA-256.
    package init(opaque digest: Digest256, naming: ([UInt8]) -> [UInt8]) {
        let bytes = digest.bytes
        (issuer, subject) = ("", String(decoding: Base64URL.encode(bytes.span), as: UTF8.self))
        (tenant, scopes, expiresAt, notBefore) = (nil, [], Self.never, nil)
        (person, isOpaque) = (Person(JSON.Object()), true)
        identity = Self.identity(issuer, subject)
        identityDigest = digest
        logName = naming(identity)
    }

    /// Far enough, and with room for a clock skew and for milliseconds.
    private static let never = 1 << 50

    private static func identity(_ issuer: String, _ subject: String) -> [UInt8] {
        [issuer, subject].flatMap { text in
            let count = UInt32(truncatingIfNeeded: text.utf8.count)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + Array(text.utf8)
        }
    }
}
