package import Bytes

/// What is known of a token that was looked at before.
package enum TokenVerdict: Sendable {
    case valid(UserToken)
    case refused(TokenFault)
}

/// Verdicts on tokens by the SHA-256 of their bytes, so that a signature is checked on first sight only. Valid for one
/// policy: a reload makes a new cache. Not shared between threads by itself.
///
/// Refusals have their own, smaller table: somebody who sends rubbish must not push out the users.
package struct UserTokenCache {
    private struct Accepted {
        let user: UserToken
        let end: Int
    }
    private struct Refused {
        let fault: TokenFault
        let start: Int
        let end: Int
    }

    private var accepted: RecencyCache<Accepted>
    private var refused: RecencyCache<Refused>
    private let clockSkew: Int
    private let outlives: Bool

    /// - Parameter bound: valid tokens kept; an eighth of it, and at least 16, is the bound of refusals.
    /// - Parameter clockSkew: seconds a token is accepted beyond its `exp`, as in the policy.
    /// - Parameter outlives: whether a token that was verified stays valid here after its end; what it may still be used
    ///   for is the caller's business.
    package init(bound: Int, clockSkew: Int, outlives: Bool = false) {
        self.outlives = outlives
        accepted = RecencyCache(bound: bound)
        refused = RecencyCache(bound: max(bound / 8, 16))
        self.clockSkew = max(clockSkew, 0)
    }

    /// Verdicts held.
    package var count: Int { accepted.count + refused.count }

    /// The verdict that holds at `now` (seconds since 1970), nil when the token must be looked at. A token whose time
    /// has run out since is refused here.
    package mutating func verdict(on token: Digest256, now: Int) -> TokenVerdict? {
        if let found = accepted.value(for: token) {
            if now < found.end || outlives { return .valid(found.user) }
            accepted.remove(token)
            remember(.refused(.expiredToken), on: token, now: now)
            return .refused(.expiredToken)
        }
        guard let found = refused.value(for: token) else { return nil }
        // A clock that was ahead and has been set back must not keep good tokens out until it is there again.
        guard now < found.end, now >= found.start &- found.fault.memory else {
            refused.remove(token)
            return nil
        }
        return .refused(found.fault)
    }

    /// Keeps a verdict, unless it may be another one the next moment (`TokenFault.memory`).
    package mutating func remember(_ verdict: TokenVerdict, on token: Digest256, now: Int) {
        switch verdict {
        case .valid(let user):
            refused.remove(token)
            accepted.insert(Accepted(user: user, end: user.expiresAt &+ clockSkew), for: token)
        case .refused(let fault):
            guard fault.memory > 0 else { return }
            refused.insert(Refused(fault: fault, start: now, end: now &+ fault.memory), for: token)
        }
    }

    /// Forgets everything.
    package mutating func removeAll() {
        accepted.removeAll()
        refused.removeAll()
    }
}
