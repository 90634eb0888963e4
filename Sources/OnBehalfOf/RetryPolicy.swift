/// Whether a failed attempt at a provider is worth another, and when. Pure: time and chance are parameters.
/// All times are milliseconds.
package struct RetryPolicy: Sendable {
    package enum Decision: Equatable, Sendable {
        case retry(after: UInt64)
        case giveUp
    }

    /// Attempts after the first.
    package var retries: Int
    /// Time of one attempt.
    package var attemptTimeout: UInt64
    /// Time of all attempts with the pauses between them. A chat client waits for the tool call meanwhile.
    package var budget: UInt64
    /// The middle of the pause.
    package var pause: UInt64

    /// An attempt with less time than this is not begun: it would only lengthen the wait for the same refusal.
    static let leastAttempt: UInt64 = 250
    /// What must be left for an attempt after waiting in line: with less, those at the end of a long line would be cut
    /// off while the provider answers them, and the connection have been taken for nothing.
    static let leastAfterLine: UInt64 = 1000

    package init(
        retries: Int = 1, attemptTimeout: UInt64 = 5000, budget: UInt64 = 10_000, pause: UInt64 = 300
    ) {
        self.retries = retries
        self.attemptTimeout = attemptTimeout
        self.budget = budget
        self.pause = pause
    }

    /// The time that is left for everything, `elapsed` after the beginning.
    private func left(elapsed: UInt64) -> UInt64 { budget.saturatingSubtract(elapsed) }

    /// The time that the next attempt may take, `elapsed` after the first one began; 0 when none is left.
    package func timeout(elapsed: UInt64) -> UInt64 { min(attemptTimeout, left(elapsed: elapsed)) }

    /// The time that may be spent in line for a connection, `elapsed` after the beginning.
    package func line(elapsed: UInt64) -> UInt64 {
        budget.saturatingSubtract(elapsed).saturatingSubtract(min(attemptTimeout / 2, Self.leastAfterLine))
    }

    /// Whether a first attempt that begins now has lost much of its time in line: that it then has no answer in time
    /// is not the provider's fault.
    package func isCutShort(elapsed: UInt64) -> Bool {
        timeout(elapsed: elapsed).saturatingAdd(Self.leastAttempt) < timeout(elapsed: 0)
    }

    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - elapsed: time since the first attempt began.
    ///   - random: any number; spreads the pause from three to five quarters, so that those who failed together do
    ///     not come back together.
    package func decide(after fault: ExchangeFault, attempt: Int, elapsed: UInt64, random: UInt64) -> Decision {
        guard fault.isTransient, attempt <= retries else { return .giveUp }
        let spread = pause / 2
        let jittered = (pause &- pause / 4).saturatingAdd(random % (spread &+ 1))
        let wait = max(jittered, fault.retryAfter ?? 0)
        let left = left(elapsed: elapsed)
        guard wait.saturatingAdd(Self.leastAttempt) <= left else { return .giveUp }
        return .retry(after: wait)
    }
}
