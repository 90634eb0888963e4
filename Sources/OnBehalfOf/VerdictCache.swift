internal import Bytes

/// The rejections just heard, by what was asked: the same token for the same service and claims would be rejected
/// again, while a fresh login has another key and is never in their way. Bounded apart from the tokens, so that a
/// flood of bad ones cannot push the good ones out.
struct VerdictCache: Sendable {
    private struct Entry: Sendable {
        var fault: ExchangeFault
        var until: UInt64
    }

    private var entries: RecencyList<ExchangeKey, Entry>
    private var ttl: UInt64

    init(_ limits: LedgerLimits) {
        entries = RecencyList(capacity: limits.sideTable)
        ttl = limits.negativeTTL
    }

    mutating func adopt(_ limits: LedgerLimits) {
        entries.resize(limits.sideTable)
        ttl = limits.negativeTTL
    }

    mutating func find(_ key: ExchangeKey, now: UInt64) -> ExchangeFault? {
        guard let place = entries.place(of: key), var entry = entries[place] else { return nil }
        guard now < entry.until else {
            entries.remove(place)
            return nil
        }
        if entry.fault.retryAfter != nil { entry.fault.retryAfter = entry.until &- now }
        return entry.fault
    }

    mutating func remember(_ fault: ExchangeFault, for key: ExchangeKey, now: UInt64) {
        guard fault.reason.isVerdict, ttl > 0 else { return }
        entries.insert(Entry(fault: fault, until: now.saturatingAdd(ttl)), for: key)
    }

    mutating func evict(where matches: (ExchangeKey) -> Bool) {
        _ = entries.removeAll { key, _ in matches(key) }
    }
}
