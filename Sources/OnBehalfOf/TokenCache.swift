/// The tokens that serve again, each until shortly before its end.
struct TokenCache: Sendable {
    enum Found {
        case fresh(MintedToken)
        /// In the last tenth of its time here.
        case aging(MintedToken)
        case absent
    }

    private struct Entry: Sendable {
        var token: MintedToken
        /// From when on it is not handed out.
        var leavesAt: UInt64
        /// From when on a new one is fetched in the background; never for `UInt64.max`.
        var refreshAt: UInt64
    }

    private var entries: RecencyList<Entry>
    private let earlyExpiry: UInt64

    init(_ limits: LedgerLimits) {
        entries = RecencyList(capacity: limits.maxEntries)
        earlyExpiry = limits.earlyExpiry
    }

    var count: Int { entries.count }

    mutating func find(_ key: ExchangeKey, now: UInt64) -> Found {
        guard let place = entries.place(of: key), let entry = entries[place] else { return .absent }
        guard now < entry.leavesAt else {
            entries.remove(place)
            return .absent
        }
        entries.touch(place)
        return now < entry.refreshAt ? .fresh(entry.token) : .aging(entry.token)
    }

    /// One background exchange in a token's life: when it fails, the next one is the ordinary one at its end.
    mutating func refreshBegins(_ key: ExchangeKey) {
        guard let place = entries.place(of: key) else { return }
        entries[place]?.refreshAt = .max
    }

    /// Keeps a token until `earlyExpiry` before its end, or for half its life where that is more, and no longer than
    /// the user's own. A refresh is never due where the latter decides, nor for a token that lasts no longer than the
    /// one before it: it would win nothing, and be due again in ever shorter steps.
    mutating func store(_ token: MintedToken, for key: ExchangeKey, userTokenExpires: UInt64, now: UInt64) {
        let ownEnd = token.expiresAt &- min(earlyExpiry, token.lifetime / 2)
        let leavesAt = min(ownEnd, userTokenExpires)
        guard leavesAt > now else { return }
        let before = entries.place(of: key).flatMap { entries[$0]?.leavesAt } ?? 0
        let gains = leavesAt > before && ownEnd < userTokenExpires
        let refreshAt = gains ? leavesAt &- (leavesAt &- now) / 10 : .max
        entries.insert(Entry(token: token, leavesAt: leavesAt, refreshAt: refreshAt), for: key)
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
