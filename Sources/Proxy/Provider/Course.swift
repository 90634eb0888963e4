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

    init(_ policy: RetryPolicy) { self.policy = policy }

    /// Nanoseconds since its beginning.
    var elapsed: UInt64 { EventLoop.nanoseconds &- began }
    /// Milliseconds left for everything.
    var left: UInt64 { policy.left(elapsed: elapsed / 1_000_000) }
    /// Milliseconds that the next attempt may take.
    var attemptTimeout: UInt64 { policy.timeout(elapsed: elapsed / 1_000_000) }

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
