internal import Bytes
internal import Configuration
internal import Synchronization

/// Who asks more often than the operator permits (`limits.requests_per_user`), for all workers.
///
/// Each user has a bucket that holds one unit's worth of requests and is filled again at the configured rate. All that is
/// kept of it is the time when it is full again; from then on it is like one that was never used, and forgotten.
final class RequestRates: Sendable {
    private struct Table {
        var fullAt: [Digest256: UInt64] = [:]
        var nextSweep: UInt64 = 0
    }

    private let table = Mutex(Table())
    /// Nanoseconds in which one request's worth comes back.
    private let interval: UInt64
    /// Nanoseconds from an empty bucket with room for one more request to a full one.
    private let depth: UInt64
    private let pause: UInt64
    private let bound: Int

    /// - Parameter bound: users who are kept at once. Who comes beyond them is not limited, and nobody is forgotten for
    ///   them: otherwise a crowd of invented users would set the others free.
    /// - Returns: nil for no limit.
    init?(_ rate: RequestRate, bound: Int = 100_000) {
        guard rate.count > 0 else { return nil }
        let unit = UInt64(clamping: rate.unit.seconds) &* 1_000_000_000
        interval = max(unit / UInt64(rate.count), 1)
        depth = interval &* UInt64(rate.count - 1)
        pause = max(unit / 8, 1_000_000_000)
        self.bound = bound
    }

    /// Takes one request out of a user's bucket.
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: nil if there was one, else the nanoseconds until there is.
    func take(_ user: Digest256, now: UInt64) -> UInt64? {
        table.withLock { table in
            let known = table.fullAt[user]
            guard known != nil || hasRoom(&table, now: now) else { return nil }
            let fullAt = max(known ?? now, now)
            guard fullAt &- now <= depth else { return fullAt &- now &- depth }
            table.fullAt[user] = fullAt &+ interval
            return nil
        }
    }

    /// How many users are kept.
    var count: Int { table.withLock { $0.fullAt.count } }

    private func hasRoom(_ table: inout Table, now: UInt64) -> Bool {
        if now >= table.nextSweep {
            table.fullAt = table.fullAt.filter { $0.value > now }
            table.nextSweep = now &+ pause
        }
        return table.fullAt.count < bound
    }
}
