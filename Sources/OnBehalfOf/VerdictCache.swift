internal import Bytes

/// The rejections just heard, by key: the same token for the same service would be rejected again, while a fresh
/// login has another key and is never in their way. Bounded apart from the tokens, so that a flood of bad ones
/// cannot push the good ones out.
struct VerdictCache: Sendable {
    private struct Entry: Sendable {
        var fault: ExchangeFault
        var until: UInt64
    }

    /// Entra stops counting a loop only when it is left alone that long.
    static let loopPause: UInt64 = 60_000

    private var entries: RecencyList<Entry>
    private let ttl: UInt64

    init(_ limits: LedgerLimits) {
        entries = RecencyList(capacity: max(limits.maxEntries / 4, 16))
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
        if fault.category == .loop, fault.reason == .exchangeThrottled {
            var paused = fault
            let pause = max(fault.retryAfter ?? 0, Self.loopPause)
            paused.retryAfter = pause
            entries.insert(Entry(fault: paused, until: now.saturatingAdd(pause)), for: key)
        } else if fault.reason.isVerdict, ttl > 0 {
            entries.insert(Entry(fault: fault, until: now.saturatingAdd(ttl)), for: key)
        }
    }

    mutating func evict(where matches: (ExchangeKey) -> Bool) {
        _ = entries.removeAll { key, _ in matches(key) }
    }
}

/// Until when providers want no further exchanges for a service, as their `Retry-After` said.
struct QuietPeriods: Sendable {
    /// Services are as many as servers; step-ups add one for each claims request, which a provider chooses.
    static let capacity = 1024

    private var until: [Digest256: UInt64] = [:]

    /// The milliseconds left, nil when there is no such wish.
    mutating func left(_ service: Digest256, now: UInt64) -> UInt64? {
        guard let end = until[service] else { return nil }
        if end > now { return end &- now }
        until[service] = nil
        return nil
    }

    mutating func begin(_ service: Digest256, for time: UInt64, now: UInt64) {
        if until.count >= Self.capacity { until = until.filter { $0.value > now } }
        guard until.count < Self.capacity || until[service] != nil, time > 0 else { return }
        until[service] = max(until[service] ?? 0, now.saturatingAdd(time))
    }
}
