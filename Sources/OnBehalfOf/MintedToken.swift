package import Bytes

/// The user that a minted token names.
package struct TokenHolder: Sendable, Equatable {
    package let issuer: String
    package let subject: String

    package init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// A token that a provider minted for one user and one server. Only a read response makes one, and its bytes leave
/// it only through a `MintedCredential`.
package final class MintedToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// Legal as a header field's value: visible ASCII only.
    let secret: Secret
    /// When the provider's answer came, in milliseconds of the monotonic clock.
    package let receivedAt: UInt64
    /// How long the provider says the token lives, in milliseconds; 0 for the calls that wait for it and no other.
    package let lifetime: UInt64
    /// When the provider advises to fetch the next one, in milliseconds of this one's life; nil without advice.
    package let refreshIn: UInt64?
    /// Whose it says it is, where that could be read.
    package let holder: TokenHolder?

    /// Advice that makes no sense, beyond the token's life or at its very beginning, is none.
    init(
        secret: Secret, receivedAt: UInt64, lifetime: UInt64, refreshIn: UInt64? = nil, holder: TokenHolder? = nil
    ) {
        self.refreshIn = refreshIn.flatMap { 0 < $0 && $0 < lifetime ? $0 : nil }
        self.secret = secret
        self.receivedAt = receivedAt
        self.lifetime = lifetime
        self.holder = holder
    }

    /// The same token with what it says of itself.
    /// - Parameter end: milliseconds from its arrival, where the token itself ends sooner than its response said.
    package func saying(holder: TokenHolder?, end: UInt64?) -> MintedToken {
        MintedToken(
            secret: secret, receivedAt: receivedAt, lifetime: min(lifetime, end ?? .max), refreshIn: refreshIn,
            holder: holder)
    }

    /// Lends the token's bytes, for a look at what it says of itself.
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try secret.withSpan(body)
    }

    /// The end of the token's life, in milliseconds of the monotonic clock.
    package var expiresAt: UInt64 { receivedAt.saturatingAdd(lifetime) }

    /// The permission to forward one request with this token.
    package func credential() -> MintedCredential { MintedCredential(token: self) }

    /// A fixed text.
    package var description: String { "[minted token]" }
    /// No children, so that `dump` shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What forwarding a request consumes. There is no way to make one but from a minted token, so a request that was
/// not exchanged for cannot be forwarded, and the user's own token cannot take its place.
package struct MintedCredential: ~Copyable, Sendable {
    private let token: MintedToken

    fileprivate init(token: MintedToken) { self.token = token }

    /// Appends the value of the `Authorization` field: `Bearer` and the token.
    package consuming func append(to buffer: ByteBuffer) {
        buffer.reserve(token.secret.count &+ 7)
        buffer.append("Bearer ")
        unsafe token.secret.withBytes { unsafe buffer.append($0) }
    }
}

extension UInt64 {
    /// The sum, or the largest value: a far end of time stays far.
    func saturatingAdd(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The difference, or 0 when `other` is larger.
    func saturatingSubtract(_ other: UInt64) -> UInt64 { self > other ? self &- other : 0 }
}
