/// Keeps the proxy from waiting on a provider that is down: after a run of failures nothing is asked for a while,
/// then one exchange is let through to see. Times are milliseconds of the monotonic clock.
struct Breaker: Sendable {
    private enum State: Sendable {
        case closed(failures: Int)
        case open(until: UInt64, pause: UInt64)
        case probing(until: UInt64, pause: UInt64)
    }

    static let failuresToOpen = 5
    static let firstPause: UInt64 = 5000
    static let longestPause: UInt64 = 60_000
    /// A probe that has not come back by then is given up, or a lost one would keep the provider shut for ever.
    static let probeTime: UInt64 = 60_000

    private var state = State.closed(failures: 0)

    var isClosed: Bool { if case .closed = state { true } else { false } }
    var isProbing: Bool { if case .probing = state { true } else { false } }

    /// The milliseconds left until something may be asked, nil when it may be now. Changes nothing.
    func wait(_ now: UInt64) -> UInt64? {
        switch state {
        case .closed: nil
        case .open(let until, _), .probing(let until, _): until > now ? until &- now : nil
        }
    }

    /// To be called when something is asked after `wait` returned nil: while it runs, nothing else is.
    /// - Returns: whether it is a probe.
    mutating func begin(_ now: UInt64) -> Bool {
        switch state {
        case .closed: return false
        case .open(_, let pause), .probing(_, let pause):
            state = .probing(until: now.saturatingAdd(Self.probeTime), pause: pause)
            return true
        }
    }

    mutating func succeeded() { state = .closed(failures: 0) }

    mutating func failed(_ now: UInt64) {
        switch state {
        case .closed(let failures) where failures &+ 1 < Self.failuresToOpen:
            state = .closed(failures: failures &+ 1)
        case .closed:
            state = .open(until: now.saturatingAdd(Self.firstPause), pause: Self.firstPause)
        case .probing(_, let pause):
            let longer = min(pause &* 2, Self.longestPause)
            state = .open(until: now.saturatingAdd(longer), pause: longer)
        case .open: break
        }
    }

    /// The probe ended without asking anybody: the next one may try at once.
    mutating func probeAbandoned(_ now: UInt64) {
        if case .probing(_, let pause) = state { state = .open(until: now, pause: pause) }
    }
}
