import Bytes
import Foundation
import Testing

@testable import HTTP1

@Suite struct DateFieldTests {
    private static func line(_ now: Int) -> String {
        let buffer = ByteBuffer()
        var field = DateField()
        field.append(to: buffer, now: now)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// The example of RFC 9110 §5.6.7, and the ends of leap years and centuries.
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func isWrittenAsTheRFCHasIt(_ now: Int, _ text: String) { #expect(Self.line(now) == "Date: \(text)\r\n") }

    @Test func agreesWithTheSystemsCalendar() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for now in stride(from: 0, to: 8_000_000_000, by: 8_641_237) {
            let text = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(now)))
            #expect(Self.line(now) == "Date: \(text)\r\n")
        }
    }

    @Test(arguments: [-1, 253_402_300_800, Int.max, Int.min]) func isLeftOutWhereItCannotBeWritten(_ now: Int) {
        #expect(Self.line(now) == "")
    }

    @Test func followsTheClock() {
        let buffer = ByteBuffer()
        var field = DateField()
        for now in [1, 1, 2] { field.append(to: buffer, now: now) }
        let lines = String(decoding: buffer.bytes, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.count == 3 && lines[0] == lines[1] && lines[1] != lines[2])
    }
}
