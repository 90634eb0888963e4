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
    /// The user as logs name them, worked out once, when the token is verified; empty without a namer.
    package let logName: [UInt8]

    /// - Throws: `.malformedToken` when nothing says who the user is.
    init(_ claims: TokenClaims, naming: ([UInt8]) -> [UInt8]) throws(TokenFault) {
        guard let subject = claims.subject else { throw .malformedToken }
        (issuer, self.subject, tenant, scopes) = (claims.issuer, subject, claims.tenant, claims.scopes)
        (expiresAt, notBefore) = (claims.expiresAt, claims.notBefore)
        identity = [claims.issuer, subject].flatMap { text in
            let count = UInt32(truncatingIfNeeded: text.utf8.count)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + Array(text.utf8)
        }
        logName = naming(identity)
    }
}
