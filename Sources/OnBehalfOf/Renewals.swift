internal import Bytes

/// What came of the exchanges that followed an upstream's rejection, so that all who saw one token rejected share one
/// renewal, and an upstream that rejects whatever it is given does not keep the provider busy. The last renewal of
/// each key.
struct Renewals: Sendable {
    enum Found {
        case renewed(MintedToken)
        /// The new token was rejected as well.
        case inVain
    }

    private struct Entry: Sendable {
        var rejected: MintedToken
        var asked: Digest256
        /// nil once it was rejected as well.
        var renewed: MintedToken?
        /// Renewals in a row that did not help.
        var failures: Int
        var until: UInt64
    }

    /// How long an outcome is remembered, in milliseconds: as long as a request with the rejected token may still
    /// be on its way back.
    static let memory: UInt64 = 60_000
    static let failuresToStop = 3

    private var entries: RecencyList<ExchangeKey, Entry>

    init(_ limits: LedgerLimits) { entries = RecencyList(capacity: limits.sideTable) }

    var count: Int { entries.count }

    mutating func adopt(_ limits: LedgerLimits) { entries.resize(limits.sideTable) }

    /// What came of the renewal of this token, asked for as `asked`.
    mutating func find(_ key: ExchangeKey, _ rejected: MintedToken, _ asked: Digest256, now: UInt64) -> Found? {
        guard let entry = entry(key, now), entry.rejected === rejected, entry.asked == asked else { return nil }
        return entry.renewed.map { .renewed($0) } ?? .inVain
    }

    /// Whether so many in a row did not help that another is not worth asking for.
    mutating func isExhausted(_ key: ExchangeKey, now: UInt64) -> Bool {
        (entry(key, now)?.failures ?? 0) >= Self.failuresToStop
    }

    mutating func minted(
        _ token: MintedToken, for key: ExchangeKey, _ rejected: MintedToken, _ asked: Digest256, now: UInt64
    ) {
        let failures = entry(key, now)?.failures ?? 0
        sweep(now)
        entries.insert(
            Entry(
                rejected: rejected, asked: asked, renewed: token, failures: failures,
                until: now.saturatingAdd(Self.memory)),
            for: key)
    }

    /// The upstream took the new token.
    /// - Returns: whether it is the token of the key's last renewal.
    mutating func served(_ token: MintedToken, _ key: ExchangeKey) -> Bool {
        guard let place = entries.place(of: key), entries[place]?.renewed === token else { return false }
        entries[place]?.failures = 0
        return true
    }

    /// Nobody could show the new token to the upstream.
    /// - Returns: whether it is the token of the key's last renewal.
    mutating func untried(_ token: MintedToken, _ key: ExchangeKey, now: UInt64) -> Bool {
        guard let place = entries.place(of: key), var entry = entries[place], entry.renewed === token else {
            return false
        }
        entry.failures &+= 1
        entry.until = now.saturatingAdd(Self.memory)
        entries[place] = entry
        return true
    }

    /// The upstream rejected the new token as well. One failure, however many requests carried it.
    mutating func failed(_ token: MintedToken, _ key: ExchangeKey, now: UInt64) {
        guard let place = entries.place(of: key), var entry = entries[place], entry.renewed === token else { return }
        entry.renewed = nil
        entry.failures &+= 1
        entry.until = now.saturatingAdd(Self.memory)
        entries[place] = entry
    }

    /// Hands a token out no longer that was kept and then rejected. What did not help before still counts.
    mutating func forget(_ token: MintedToken, _ key: ExchangeKey) {
        guard let place = entries.place(of: key), var entry = entries[place], entry.renewed === token else { return }
        guard entry.failures > 0 else { return entries.remove(place) }
        // Nobody asks for nothing, so that this answers no question.
        (entry.renewed, entry.asked) = (nil, Digest256())
        entries[place] = entry
    }

    mutating func evict(where matches: (ExchangeKey) -> Bool) {
        _ = entries.removeAll { key, _ in matches(key) }
    }

    private mutating func entry(_ key: ExchangeKey, _ now: UInt64) -> Entry? {
        guard let place = entries.place(of: key), let entry = entries[place] else { return nil }
        if now < entry.until { return entry }
        entries.remove(place)
        return nil
    }

    /// Releases tokens that nobody asks for any more, two at a time, so that no call has to look at all.
    private mutating func sweep(_ now: UInt64) {
        for _ in 0..<2 {
            guard let place = entries.oldestPlace, let entry = entries[place], entry.until <= now else { return }
            entries.remove(place)
        }
    }
}
