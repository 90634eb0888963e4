internal import FoundationEssentials
internal import Libevent
internal import OnBehalfOf

/// How far one exchange has come: its attempts, and what is left of its time.
struct Course {
    /// What we call it towards the provider, for its support and our audit.
    let requestID = UUID().uuidString.lowercased()
    var attempts = 0
    private let began = EventLoop.nanoseconds
    private let policy: RetryPolicy
    private var hasProvedAgain = false
    private var isCutShort = false

    init(_ policy: RetryPolicy) { self.policy = policy }

    /// Nanoseconds since its beginning.
    var elapsed: UInt64 { EventLoop.nanoseconds &- began }
    /// Milliseconds left for waiting in line.
    var line: UInt64 { policy.line(elapsed: elapsed / 1_000_000) }
    /// Milliseconds that the next attempt may take.
    var attemptTimeout: UInt64 { policy.timeout(elapsed: elapsed / 1_000_000) }

    /// An attempt begins.
    mutating func begin() {
        attempts += 1
        isCutShort = attempts == 1 && policy.isCutShort(elapsed: elapsed / 1_000_000)
    }

    /// What the attempt has come to: time that was lost in line is not held against the provider, or a crowd would
    /// open the breaker of one that is well.
    func verdict(on outcome: ExchangeOutcome) -> ExchangeOutcome {
        guard isCutShort, outcome.fault == .timedOut else { return outcome }
        return .failed(.queueTimedOut)
    }

    /// Milliseconds to wait before another attempt; nil when there is to be none.
    func pause(after fault: ExchangeFault) -> UInt64? {
        let chance = UInt64.random(in: 0...UInt64.max)
        let decision = policy.decide(after: fault, attempt: attempts, elapsed: elapsed / 1_000_000, random: chance)
        if case .retry(let pause) = decision { return pause }
        return nil
    }

    /// Whether a rejected credential is a reason for one more attempt with another.
    mutating func mayProveAgain(_ fault: ExchangeFault) -> Bool {
        guard fault.wantsFreshCredential, !hasProvedAgain else { return false }
        hasProvedAgain = true
        return true
    }
}
