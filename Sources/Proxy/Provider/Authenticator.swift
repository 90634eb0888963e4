internal import Bytes
internal import Configuration
internal import Identity
internal import Libevent
internal import Synchronization

/// Verdicts on user tokens for all workers: looked up by the token's digest, worked out on first sight only.
final class Authenticator: Sendable {
    private let policy: IdentityPolicy
    private let keys: KeySource
    private let tokens: IdentitySettings.Tokens
    private let naming: @Sendable ([UInt8]) -> [UInt8]
    private let verdicts: Mutex<UserTokenCache>
    /// Tokens being looked at, and who waits for the verdict.
    private let underway = Mutex<[Digest256: [CheckedContinuation<Judgement?, Never>]]>([:])

    typealias Judgement = Result<UserToken, TokenFault>

    /// - Parameters:
    ///   - outlives: whether a token that has ended is still its user's word for what was minted before.
    ///   - naming: makes the user's name for logs.
    init(
        _ policy: IdentityPolicy, _ tokens: IdentitySettings.Tokens, keys: KeySource, bound: Int,
        outlives: Bool, naming: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.tokens = tokens
        self.naming = naming
        self.policy = policy
        self.keys = keys
        verdicts = Mutex(UserTokenCache(bound: bound, clockSkew: policy.clockSkew, outlives: outlives))
    }

    /// What is known of the token; the whole cost of authentication for all but a token's first request.
    @inline(__always)
    func verdict(on digest: Digest256, now: Int) -> TokenVerdict? {
        verdicts.withLock { $0.verdict(on: digest, now: now) }
    }

    /// Lets one caller look at a token that nobody has seen before, and the others wait for what it finds: a burst of
    /// a user's first calls costs one signature check.
    /// - Returns: what was found, or nil for the one who is to `judge` it and must call `finish`.
    func join(_ digest: Digest256) async -> Judgement? {
        let isFirst = underway.withLock { $0.updateValue($0[digest] ?? [], forKey: digest) == nil }
        if isFirst { return nil }
        return await withCheckedContinuation { waiter in
            let isLate = underway.withLock { table in
                if table[digest] == nil {
                    table[digest] = []
                    return true
                }
                table[digest]?.append(waiter)
                return false
            }
            if isLate { waiter.resume(returning: nil) }
        }
    }

    /// Tells those who joined.
    func finish(_ digest: Digest256, _ judgement: Judgement) {
        let waiters = underway.withLock { $0.removeValue(forKey: digest) } ?? []
        for waiter in waiters { waiter.resume(returning: judgement) }
    }

    /// Works out a verdict and keeps it. What needs no key comes first.
    func judge(_ token: Secret, _ digest: Digest256, now: Int) async -> Judgement {
        do throws(TokenFault) {
            let user = try await user(token, digest, now: now)
            remember(.valid(user), on: digest, now: now)
            return .success(user)
        } catch {
            remember(.refused(error), on: digest, now: now)
            return .failure(error)
        }
    }

    private func user(_ token: Secret, _ digest: Digest256, now: Int) async throws(TokenFault) -> UserToken {
        switch tokens {
        case .opaque:
            try token.withSpan { bytes throws(TokenFault) in try BearerCredential.check(bytes) }
            return UserToken(opaque: digest, naming: naming)
        case .jwt:
            let token = try inspect(token, now: now)
            return try token.verify(with: try await keys.keys(of: token.issuer, keyID: token.keyID))
        }
    }

    private func inspect(_ token: Secret, now: Int) throws(TokenFault) -> UnverifiedToken {
        try token.withSpan { bytes throws(TokenFault) in
            try BearerCredential.check(bytes)
            return try UnverifiedToken.inspect(token: bytes, policy: policy, now: now, naming: naming)
        }
    }

    private func remember(_ verdict: TokenVerdict, on digest: Digest256, now: Int) {
        verdicts.withLock { $0.remember(verdict, on: digest, now: now) }
    }
}
