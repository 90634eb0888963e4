internal import Bytes

/// The tokens that serve again, each until shortly before its end.
struct TokenCache: Sendable {
    enum Found {
        case fresh(MintedToken)
        /// A new one is to be fetched in the background.
        case aging(MintedToken)
        case absent
    }

    private struct Entry: Sendable {
        var token: MintedToken
        /// From when on it is not handed out.
        var leavesAt: UInt64
        /// From when on a new one is fetched in the background; never for `UInt64.max`.
        var refreshAt: UInt64
        /// The same, should the first time have failed.
        var refreshAgainAt: UInt64
        /// Came from a renewal, and has served.
        var isRenewed: Bool
    }

    private var entries: RecencyList<ExchangeKey, Entry>
    private var earlyExpiry: UInt64

    init(_ limits: LedgerLimits) {
        entries = RecencyList(capacity: limits.maxEntries)
        earlyExpiry = limits.earlyExpiry
    }

    var count: Int { entries.count }

    /// Takes on other bounds. What is held keeps the time at which it leaves.
    mutating func adopt(_ limits: LedgerLimits) {
        entries.resize(limits.maxEntries)
        earlyExpiry = limits.earlyExpiry
    }

    mutating func find(_ key: ExchangeKey, now: UInt64) -> Found {
        guard let place = entries.place(of: key), let entry = entries[place] else { return .absent }
        guard now < entry.leavesAt else {
            entries.remove(place)
            return .absent
        }
        entries.touch(place)
        return now < entry.refreshAt ? .fresh(entry.token) : .aging(entry.token)
    }

    /// Whether the key's token is this one.
    func holds(_ token: MintedToken, _ key: ExchangeKey) -> Bool {
        entries.place(of: key).flatMap { entries[$0]?.token } === token
    }

    /// The key's token, if it is another one.
    ///
    /// - Parameter renewedOnly: whether it must come from a renewal.
    mutating func newer(than token: MintedToken, _ key: ExchangeKey, renewedOnly: Bool, now: UInt64) -> MintedToken? {
        guard let place = entries.place(of: key), let entry = entries[place], now < entry.leavesAt,
            entry.token !== token, entry.isRenewed || !renewedOnly
        else { return nil }
        return entry.token
    }

    /// Two background exchanges at most in a token's life, the second in the last tenth: when that fails as well, the
    /// next one is the ordinary one at its end.
    mutating func refreshBegins(_ key: ExchangeKey, now: UInt64) {
        guard let place = entries.place(of: key), let again = entries[place]?.refreshAgainAt else { return }
        entries[place]?.refreshAt = now < again ? again : .max
    }

    /// Whether a token may still be handed out.
    func isGood(_ token: MintedToken, now: UInt64) -> Bool { now < ownEnd(token) }

    /// `earlyExpiry` before its end, or halfway where that is later.
    private func ownEnd(_ token: MintedToken) -> UInt64 {
        token.expiresAt.saturatingSubtract(min(earlyExpiry, token.lifetime / 2))
    }

    /// Keeps a token until `earlyExpiry` before its end, or for half its life where that is more, and no longer than
    /// the user's own. A token that was minted later stays.
    mutating func store(
        _ token: MintedToken, for key: ExchangeKey, userTokenExpires: UInt64, isRenewed: Bool = false, now: UInt64
    ) {
        let ownEnd = ownEnd(token)
        let leavesAt = min(ownEnd, userTokenExpires)
        let before = entries.place(of: key).flatMap { entries[$0] }
        guard leavesAt > now, token.receivedAt >= before?.token.receivedAt ?? 0 else { return }
        var entry = Entry(
            token: token, leavesAt: leavesAt, refreshAt: .max, refreshAgainAt: .max, isRenewed: isRenewed)
        // Where the user's token decides, or for one that lasts no longer than the one before it, a refresh would win
        // nothing, and be due again in ever shorter steps.
        if leavesAt > before?.leavesAt ?? 0, ownEnd < userTokenExpires {
            (entry.refreshAt, entry.refreshAgainAt) = Self.refreshTimes(token, leavesAt, key, now)
        }
        entries.insert(entry, for: key)
    }

    /// When the provider advises, or in the last tenth of the token's time here, and a little later by chance: those
    /// who came together, after a restart say, must not all come back together. Keys are digests, which is chance
    /// enough.
    private static func refreshTimes(
        _ token: MintedToken, _ leavesAt: UInt64, _ key: ExchangeKey, _ now: UInt64
    ) -> (first: UInt64, second: UInt64) {
        let tenth = (leavesAt &- now) / 10
        let chance = key.token.words.1 ^ key.service.words.1
        let last = (leavesAt &- tenth).saturatingAdd(chance % (tenth / 4 &+ 1))
        guard let advice = token.refreshIn else { return (last, last) }
        let spread = chance % (min(tenth / 4, advice / 10) &+ 1)
        return (min(token.receivedAt.saturatingAdd(advice).saturatingAdd(spread), last), last)
    }

    mutating func forget(_ key: ExchangeKey, ifToken token: MintedToken) {
        guard let place = entries.place(of: key), entries[place]?.token === token else { return }
        entries.remove(place)
    }

    @discardableResult
    mutating func evict(where matches: (ExchangeKey) -> Bool) -> Int {
        entries.removeAll { key, _ in matches(key) }
    }
}
