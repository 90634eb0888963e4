internal import OnBehalfOf

/// A provider's clock beside ours, from the `Date` of its answers (RFC 9110 section 6.6.1).
struct ProviderClock {
    /// Seconds of difference that are worth a line in the log: `Date` has whole seconds, and an answer takes some.
    static let tolerance = 30
    /// Seconds between two such lines.
    static let silence = 3600

    private var lastWarning: Int?

    /// - Parameter now: seconds since 1970 by our clock, when the answer came.
    /// - Returns: how many seconds the provider is ahead, when that is worth a warning now.
    mutating func warning(date: String, now: Int) -> Int? {
        guard let theirs = HTTPDate.seconds(date) else { return nil }
        let ahead = Int(theirs) &- now
        guard ahead.magnitude > UInt(Self.tolerance) else { return nil }
        if let last = lastWarning, (now &- last).magnitude < UInt(Self.silence) { return nil }
        lastWarning = now
        return ahead
    }
}
