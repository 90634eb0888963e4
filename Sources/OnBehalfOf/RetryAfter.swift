/// The value of `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
package enum RetryAfter {
    /// The longest wait that is believed, in seconds: a provider's slip must not lock it out for a day.
    static let longest: Int64 = 3600

    /// - Parameter wallClock: seconds since 1970.
    /// - Returns: milliseconds from now, 0 for a date that has passed, nil for what is no such value.
    package static func milliseconds(_ text: String, wallClock: Int64) -> UInt64? {
        let words = text.split { $0 == " " || $0 == "\t" }
        guard let seconds = delay(words) ?? HTTPDate.seconds(text).map({ $0 &- wallClock }) else { return nil }
        return UInt64(min(max(seconds, 0), longest)) &* 1000
    }

    private static func delay(_ words: [Substring]) -> Int64? {
        guard words.count == 1, let digits = words.first, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        return Int64(digits) ?? longest
    }
}
