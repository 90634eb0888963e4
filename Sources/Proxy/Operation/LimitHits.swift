internal import Libevent
internal import Logging
internal import Synchronization

/// Counts what limits refuse and end (`obo_limit_hits_total`), and tells the log: at once, but of one limit once a
/// second at most, since in a flood the lines would be a second one.
final class LimitHits: Sendable {
    private struct Count {
        var total: UInt64 = 0
        /// Not yet in the log.
        var untold: UInt64 = 0
        /// When the log was last told, in milliseconds.
        var toldAt: UInt64?

        /// What to tell now, if anything.
        mutating func told(at now: UInt64) -> UInt64? {
            guard untold > 0, toldAt.map({ now &- $0 >= LimitHits.pause }) ?? true else { return nil }
            defer { untold = 0 }
            toldAt = now
            return untold
        }
    }

    private let counts = Mutex([Count](repeating: Count(), count: Limit.allCases.count))
    private let log: Logger
    /// Milliseconds between two lines of one limit.
    private static let pause: UInt64 = 1000

    init(_ log: Logger) { self.log = log }

    /// Counts one, and tells of it if the last line is old enough.
    func reached(_ limit: Limit, now: UInt64 = EventLoop.now) {
        let count = counts.withLock { counts in
            counts[limit.rawValue].total &+= 1
            counts[limit.rawValue].untold &+= 1
            return counts[limit.rawValue].told(at: now)
        }
        if let count { tell(limit, count) }
    }

    /// Tells what was held back, when its time has come. To be called now and then.
    func tellRest(now: UInt64 = EventLoop.now) {
        for limit in Limit.allCases {
            if let count = counts.withLock({ $0[limit.rawValue].told(at: now) }) { tell(limit, count) }
        }
    }

    /// How often so far.
    func total(_ limit: Limit) -> UInt64 { counts.withLock { $0[limit.rawValue].total } }

    private func tell(_ limit: Limit, _ count: UInt64) {
        log.log(
            level: limit.level, "limit reached",
            metadata: ["event": "limit", "setting": "\(limit.setting)", "count": "\(count)"])
    }
}
