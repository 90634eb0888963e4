/// Keeps the proxy from waiting on a provider that is down: after a run of failures nothing is asked for a while,
/// then one exchange is let through to see. Times are milliseconds of the monotonic clock.
struct Breaker: Sendable {
    private enum State: Sendable {
        case closed(failures: Int)
        case open(until: UInt64, pause: UInt64)
        /// While one flight asks, nobody else does.
        case probing(by: UInt64, until: UInt64, pause: UInt64)
    }

    static let failuresToOpen = 5
    static let firstPause: UInt64 = 5000
    static let longestPause: UInt64 = 60_000
    /// A probe that has not come back by then is given up, or a lost one would keep the provider shut for ever.
    static let probeTime: UInt64 = 60_000

    private var state = State.closed(failures: 0)

    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// The milliseconds left until something may be asked, nil when it may be now. Changes nothing.
    func wait(_ now: UInt64) -> UInt64? {
        switch state {
        case .closed: nil
        case .open(let until, _), .probing(_, let until, _): until > now ? until &- now : nil
        }
    }

    /// Whether a flight that has begun may ask now: the breaker may have opened while it waited for its turn.
    func admits(_ flight: UInt64) -> Bool {
        switch state {
        case .closed, .probing(flight, _, _): true
        case .open, .probing: false
        }
    }

    /// To be called when a flight begins after `wait` returned nil. Unless the breaker is closed, it is the probe.
    mutating func begin(_ flight: UInt64, _ now: UInt64) {
        switch state {
        case .closed: break
        case .open(_, let pause), .probing(_, _, let pause):
            state = .probing(by: flight, until: now.saturatingAdd(Self.probeTime), pause: pause)
        }
    }

    /// The provider has answered somebody.
    mutating func succeeded() { state = .closed(failures: 0) }

    /// A flight's attempt failed. What began before the breaker opened tells nothing new.
    mutating func failed(_ flight: UInt64, _ now: UInt64) {
        switch state {
        case .closed(let failures) where failures &+ 1 < Self.failuresToOpen:
            state = .closed(failures: failures &+ 1)
        case .closed:
            state = .open(until: now.saturatingAdd(Self.firstPause), pause: Self.firstPause)
        case .probing(flight, _, let pause):
            let longer = min(pause &* 2, Self.longestPause)
            state = .open(until: now.saturatingAdd(longer), pause: longer)
        case .probing, .open: break
        }
    }

    /// A flight has ended. If it was the probe and asked nobody, the next one may try at once.
    mutating func ended(_ flight: UInt64, _ now: UInt64) {
        if case .probing(flight, _, let pause) = state { state = .open(until: now, pause: pause) }
    }
}

extension ExchangeFault {
    /// Whether the provider has answered and is not in trouble. What went wrong on our side, before anything was sent,
    /// is neither this nor an outage: it says nothing about the provider.
    var isAnswer: Bool { status != nil && !isOutage }
}
