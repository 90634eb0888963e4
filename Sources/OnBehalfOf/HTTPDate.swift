/// HTTP's dates (RFC 9110 §5.6.7) in all three forms that a recipient must accept.
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Returns: seconds since 1970, nil for anything else. The weekday is not checked.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" || $0 == "\t" }
        guard text.utf8.count <= 64, words.count >= 5 else { return nil }
        // `Sun Nov  6 08:49:37 1994` has the month second, the two others the day.
        let isAsctime = months.contains(String(words[1]))
        guard words.count == (isAsctime ? 5 : 6), isAsctime || words[5] == "GMT",
            let day = number(words[2 - (isAsctime ? 0 : 1)], digits: 1...2), 1...31 ~= day,
            let month = months.firstIndex(of: String(words[isAsctime ? 1 : 2])),
            let year = year(words[isAsctime ? 4 : 3]), let time = time(words[isAsctime ? 3 : 4])
        else { return nil }
        return days(year, Int64(month) + 1, day) * 86_400 + time
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int64? {
        guard digits ~= text.utf8.count, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        return Int64(text)
    }

    /// Two digits (RFC 850) are of this century unless that lies half of one ahead; the proxy is younger than 2020.
    private static func year(_ text: Substring) -> Int64? {
        if let full = number(text, digits: 4...4) { return full }
        guard let short = number(text, digits: 2...2) else { return nil }
        return short < 70 ? 2000 + short : 1900 + short
    }

    /// Seconds since midnight; 60 for a leap second is taken as the next minute.
    private static func time(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], digits: 2...2), hour < 24,
            let minute = number(parts[1], digits: 2...2), minute < 60,
            let second = number(parts[2], digits: 2...2), second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that the leap day is
    /// the last. Arguments are bounded by the callers: four digits of year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let leapDays = shifted.quotient(4) - shifted.quotient(100) + shifted.quotient(400)
        return shifted * 365 + leapDays + dayOfYear - 719_468
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity: the year before 0 belongs to the cycle before.
    fileprivate func quotient(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self - divisor + 1) / divisor
    }
}
