package import Bytes

/// The `Date` line of our own answers, and of a server's that has none (RFC 9110 §6.6.1). Written once a second.
package struct DateField: Sendable {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private var second = Int.min
    private var line: [UInt8] = []

    package init() {}

    /// Appends the line.
    /// - Parameter now: seconds since 1970, of years with four digits; nothing is written for others.
    package mutating func append(to buffer: ByteBuffer, now: Int) {
        if now != second {
            second = now
            line = 0..<253_402_300_800 ~= now ? Array("Date: \(Self.text(now))\r\n".utf8) : []
        }
        buffer.append(line)
    }

    /// IMF-fixdate (RFC 9110 §5.6.7).
    private static func text(_ now: Int) -> String {
        let (day, rest) = now.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, date) = civil(day)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(two).joined(separator: ":")
        return "\(days[(day &+ 4) % 7]), \(two(date)) \(months[month &- 1]) \(year) \(time) GMT"
    }

    /// The date of a day since 1970, counted in years that begin in March so that the leap day is the last.
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day &+ 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
        let date = dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
        return (yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month, date)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
