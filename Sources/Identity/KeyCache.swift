/// One fetch of an issuer's keys that is under way; tells a late answer of an earlier fetch from this one's.
package struct KeyFlight: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// What a caller that needs a key is to do.
package enum KeyLookup: Sendable {
    /// Verify with these.
    case use(KeySet)
    /// Verify with these, and besides lead a fetch in the background: they are getting old.
    case useAndRefresh(KeySet, KeyFlight)
    /// Lead a fetch: fetch, call `finished` whatever comes of it, look up again.
    case fetch(KeyFlight)
    /// Wait for that fetch, then look up again.
    case join(KeyFlight)
    /// The issuer's keys are known and this is none of them: `invalid_signature`.
    case unknownKey
    /// There are no keys, and it is too early for another try (seconds until then): `keys_unavailable`.
    case unavailable(retryAfter: Int)
}

/// The keys of one issuer over time, as decisions only: whoever owns it fetches, waits and tells it what came.
///
/// - Keys count for a day after the fetch that brought them. They are refreshed in the background when they are an hour
///   old and somebody asks; a refresh that fails changes nothing and is tried again a minute later.
/// - After a day without a good fetch they are dropped: a key that was withdrawn must not be trusted for ever.
/// - An unknown `kid` may mean that keys have rotated: it causes a fetch, but one in five minutes, since anybody can
///   make up a `kid`.
/// - Without any keys a failed fetch is repeated after seconds: an issuer in trouble is not hammered, and service is
///   back soon after it is.
/// - At most one fetch at a time.
///
/// Times are seconds of any clock that does not run backwards far; when it does, nothing is worse than an early fetch.
package struct KeyCache: Sendable {
    /// How long keys count.
    package static let lifetime = 86_400
    /// At what age they are refreshed.
    package static let refreshAge = 3_600
    /// Pause after a failed background refresh.
    package static let refreshPause = 60
    /// Pause between fetches for unknown key names.
    package static let unknownKeyPause = 300
    /// Pause after a failed fetch when there are no keys.
    package static let outagePause = 3

    private var keys: KeySet?
    private var fetchedAt = 0
    private var failedAt: Int?
    private var unknownKeyFetchAt: Int?
    private var flight: KeyFlight?
    private var flights: UInt64 = 0

    package init() {}

    /// The same keys for another owner, without the fetch that this one has under way.
    package var inherited: KeyCache {
        var copy = self
        copy.flight = nil
        return copy
    }

    /// Whether there are keys that count at `now`, for readiness.
    package func isReady(now: Int) -> Bool { current(now) != nil }

    /// - Parameter keyID: the token's `kid`; without one any keys will do.
    /// - Parameter now: seconds.
    package mutating func lookup(keyID: String?, now: Int) -> KeyLookup {
        guard let keys = current(now) else { return lookupWithoutKeys(now) }
        guard keyID.map(keys.contains) ?? true else { return lookupUnknownKey(now) }
        guard flight == nil, elapsed(since: fetchedAt, now) >= Self.refreshAge,
            !isPausing(failedAt, Self.refreshPause, now)
        else { return .use(keys) }
        return .useAndRefresh(keys, start())
    }

    private mutating func lookupWithoutKeys(_ now: Int) -> KeyLookup {
        if let flight { return .join(flight) }
        if let failedAt, isPausing(failedAt, Self.outagePause, now) {
            return .unavailable(retryAfter: Self.outagePause - elapsed(since: failedAt, now))
        }
        return .fetch(start())
    }

    private mutating func lookupUnknownKey(_ now: Int) -> KeyLookup {
        if let flight { return .join(flight) }
        guard !isPausing(unknownKeyFetchAt, Self.unknownKeyPause, now) else { return .unknownKey }
        unknownKeyFetchAt = now
        return .fetch(start())
    }

    private mutating func start() -> KeyFlight {
        flights &+= 1
        let started = KeyFlight(number: flights)
        flight = started
        return started
    }

    /// Tells what a fetch came to; its joiners then look up again. The answer of a fetch that is not the present one
    /// is ignored.
    /// - Parameter fetched: the keys, nil for any failure, an empty set included.
    package mutating func finished(_ ended: KeyFlight, fetched: KeySet?, now: Int) {
        guard ended == flight else { return }
        flight = nil
        guard let fetched else {
            failedAt = now
            return
        }
        (keys, fetchedAt, failedAt) = (fetched, now, nil)
    }

    /// What there is to say of an issuer's keys; times are seconds.
    package struct Standing: Sendable, Equatable {
        /// Keys that count now.
        package let keys: Int
        /// Since the fetch that brought them; nil before the first.
        package let age: Int?
        /// Since the last fetch, if it failed.
        package let failedFor: Int?

        package init(keys: Int, age: Int?, failedFor: Int?) {
            (self.keys, self.age, self.failedFor) = (keys, age, failedFor)
        }
    }

    package func standing(now: Int) -> Standing {
        Standing(
            keys: current(now)?.count ?? 0, age: keys.map { _ in elapsed(since: fetchedAt, now) },
            failedFor: failedAt.map { elapsed(since: $0, now) })
    }

    private func current(_ now: Int) -> KeySet? {
        elapsed(since: fetchedAt, now) < Self.lifetime ? keys : nil
    }

    private func isPausing(_ start: Int?, _ pause: Int, _ now: Int) -> Bool {
        guard let start, now >= start else { return false }
        return elapsed(since: start, now) < pause
    }

    /// A clock set back counts as no time gone by.
    private func elapsed(since start: Int, _ now: Int) -> Int { max(now &- start, 0) }
}
