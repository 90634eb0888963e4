import Bytes
import Configuration
import Glibc
import JSON
import Libevent
import Logging
import MCP
import Testing

@testable import Proxy

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00"), (68_169_600, "1972-02-29T00:00:00"), (951_782_400, "2000-02-29T00:00:00"),
        (1_709_251_199, "2024-02-29T23:59:59"), (1_709_251_200, "2024-03-01T00:00:00"),
        (1_798_761_599, "2026-12-31T23:59:59"), (4_107_542_399, "2100-02-28T23:59:59"),
        (4_107_542_400, "2100-03-01T00:00:00"), (253_402_300_799, "9999-12-31T23:59:59"),
    ]) func countsDaysAsTheCalendarDoes(_ seconds: Int, _ text: String) {
        let buffer = ByteBuffer()
        Timestamp.append(seconds: seconds, to: buffer)
        #expect(buffer.text == text)
    }

    @Test(arguments: [
        (0, ".000Z"), (999_999, ".000Z"), (7_999_999, ".007Z"), (45_000_000, ".045Z"), (100_000_000, ".100Z"),
        (999_999_999, ".999Z"),
    ]) func millisecondsHaveThreeDigits(_ nanoseconds: Int, _ text: String) {
        let buffer = ByteBuffer()
        Timestamp.append(nanoseconds: nanoseconds, to: buffer)
        #expect(buffer.text == text)
    }

    @Test(arguments: [(0, "0.000"), (999, "0.000"), (1_000, "0.001"), (42_000, "0.042"), (1_500_000, "1.500")])
    func durationsHaveThreeDecimals(_ nanoseconds: UInt64, _ text: String) {
        let buffer = ByteBuffer()
        buffer.append(milliseconds: nanoseconds)
        #expect(buffer.text == text)
    }
}

/// What a sink writes, and a say in when it is read.
private final class Pipe {
    let read: Int32
    let write: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe left")
        (read, write) = (ends[0], ends[1])
    }

    deinit { _ = (close(read), close(write)) }

    /// All that fits into the pipe now.
    func fill() {
        _ = fcntl(write, F_SETFL, O_NONBLOCK)
        while Glibc.write(write, ".", 1) > 0 {}
        _ = fcntl(write, F_SETFL, 0)
    }

    /// Waits for text that ends so.
    func text(until end: String) -> String { text { $0.hasSuffix(end) } }

    /// Waits until `isAll`, but not for ever.
    func text(until isAll: (String) -> Bool) -> String {
        var (text, room) = ("", [UInt8](repeating: 0, count: 64 * 1024))
        while !isAll(text) {
            var wanted = pollfd(fd: read, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 10_000) > 0 else { break }
            let count = Glibc.read(read, &room, room.count)
            text += String(decoding: room.prefix(max(count, 0)), as: UTF8.self)
        }
        return text
    }
}

extension LogSink {
    fileprivate func take(_ text: String) { Array(text.utf8).withUnsafeBytes { take($0) } }
}

@Suite struct LogSinkTests {
    @Test func writesWhatItIsGivenInOrder() {
        let pipe = Pipe()
        let sink = LogSink(to: pipe.write)
        for i in 0..<1000 { sink.take("\(i)\n") }
        #expect(pipe.text(until: "999\n") == (0..<1000).map { "\($0)\n" }.joined())
        sink.finish(within: 10_000)
        #expect(sink.dropped == 0)
    }

    /// Nobody reads: who writes goes on, lines are dropped whole, and told of once somebody reads again.
    @Test(arguments: [true, false]) func aFullPipeDropsCountedLines(_ json: Bool) throws {
        let pipe = Pipe()
        let sink = LogSink(to: pipe.write, most: 100)
        sink.writes(json: json)
        pipe.fill()
        sink.take("first\n")
        for _ in 0..<50 { sink.take("one\ntwo\n") }
        let dropped = sink.dropped
        // At least what is more than 100 bytes that wait and 100 that are being written.
        #expect(dropped >= 50 && dropped % 2 == 0)
        sink.finish(within: 1)
        // Perhaps in two parts: some were dropped before the writer took its first.
        let told = try Regex<(Substring, Substring)>(
            json ? #"\{.*"event":"log_dropped","lines":"(\d+)"\}"# : #"\d.*Z warning .* lines="(\d+)""#)
        func sum(_ text: String) -> UInt64 { text.matches(of: told).reduce(0) { $0 + (UInt64($1.output.1) ?? 0) } }
        let text = pipe.text { sum($0) == dropped && $0.hasSuffix("\n") }
        #expect(sum(text) == dropped)
        let kept = text.drop { $0 == "." }.split(separator: "\n").filter { $0.wholeMatch(of: told) == nil }
        #expect(kept.first == "first")
        #expect(kept.dropFirst().count == 100 - Int(dropped))
        #expect(kept.dropFirst().allSatisfy { $0 == "one" || $0 == "two" })
        sink.finish(within: 10_000)
        sink.take("after\n")
        #expect(pipe.text(until: "after\n") == "after\n", "told once")
    }

    @Test func aReaderThatIsGoneStopsNobody() {
        signal(SIGPIPE, SIG_IGN)
        let sink: LogSink
        do {
            var ends: [Int32] = [-1, -1]
            precondition(pipe(&ends) == 0, "no pipe left")
            sink = LogSink(to: ends[1])
            close(ends[0])
        }
        sink.take("one\ntwo\n")
        sink.finish(within: 10_000)
        #expect(sink.dropped == 2)
    }
}

@Suite struct LineWriterTests {
    @Test func linesWaitForEachOtherAndLeaveWhole() {
        let pipe = Pipe()
        let sink = LogSink(to: pipe.write)
        let writer = LineWriter(to: sink)
        writer.line.append("one" as StaticString)
        writer.lineEnded()
        writer.line.append("two" as StaticString)
        writer.lineEnded()
        #expect(writer.line.text == "one\ntwo\n")
        writer.flush()
        #expect(writer.line.isEmpty)
        #expect(pipe.text(until: "two\n") == "one\ntwo\n")
    }

    @Test func manyLinesDoNotWait() {
        let pipe = Pipe()
        let writer = LineWriter(to: LogSink(to: pipe.write))
        writer.line.append(string: String(repeating: "x", count: 24 * 1024))
        writer.lineEnded()
        #expect(writer.line.isEmpty)
        #expect(pipe.text(until: "\n").utf8.count == 24 * 1024 + 1)
    }

    @Test func nothingIsDueBeforeTheFirstLine() {
        let writer = LineWriter(to: LogSink(to: -1))
        writer.line.append("half a line" as StaticString)
        writer.flushIfDue()
        #expect(writer.line.text == "half a line")
    }

    @Test func theTimeIsOfRFC3339() throws {
        let writer = LineWriter(to: LogSink(to: -1))
        writer.appendTime()
        writer.line.append(byte: UInt8(ascii: " "))
        writer.appendTime()
        let times = writer.line.text.split(separator: " ")
        #expect(times.count == 2)
        for time in times {
            #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
        }
        #expect(times[0] <= times[1])
    }
}

@Suite struct EventLogTests {
    private static func event(_ metadata: Logger.Metadata) -> LogEvent {
        LogEvent(
            level: .warning, message: "a \"message\"", metadata: metadata, source: nil, file: "f", function: "g",
            line: 1)
    }

    @Test func oneObjectALineWhateverAFieldHolds() throws {
        let nasty = "quote \" backslash \\ line\nfeed\r\ttab \u{1}\u{7f}\u{2028} é 😀 </script>"
        let log = EventLog(logLevel: .info, metadata: ["always": "here"], json: true)
        let line = log.line(of: Self.event(["field": "\(nasty)", "name \"\n": "x"]))
        #expect(line.bytes.last == UInt8(ascii: "\n"))
        #expect(line.bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(line.bytes.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") })
        let bytes = Array(line.bytes.dropLast())
        let object = try JSON.parse(bytes.span)
        #expect(object["field"]?.string == nasty)
        #expect(object["name \"\n"]?.string == "x")
        #expect(object["always"]?.string == "here")
        #expect(object["level"]?.string == "warning")
        #expect(object["message"]?.string == "a \"message\"")
        #expect(object["time"]?.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    }

    @Test func textStaysOnOneLineToo() {
        let line = EventLog(logLevel: .info, json: false).line(of: Self.event(["b": "2\nlevel=info", "a": "1"])).text
        #expect(line.hasSuffix("Z warning a \"message\" a=\"1\" b=\"2\\nlevel=info\"\n"))
        #expect(line.filter { $0 == "\n" }.count == 1)
    }

    @Test func aLinesOwnFieldWinsOverTheLoggers() throws {
        let log = EventLog(logLevel: .info, metadata: ["k": "old"], json: true)
        #expect(log.line(of: Self.event(["k": "new"])).text.contains("\"k\":\"new\""))
        #expect(!log.line(of: Self.event(["k": "new"])).text.contains("old"))
    }

    @Test func theConfiguredLevelIsTheLeast() throws {
        for level in Logger.Level.allCases {
            let settings = try configured(["OBO_LOG_LEVEL": level.rawValue]).log
            let logger = Logger(label: "test", LogDial(settings))
            #expect(logger.logLevel == level)
            #expect(logger.handler.logLevel == level)
        }
    }
}

@Suite struct KeyedHashTests {
    /// RFC 4231's second test case: another sidecar with the same key must give a user the same name.
    @Test func aUsersNameIsTheBeginningOfTheHMAC() throws {
        let name = try KeyedHash(Secret("Jefe")).logName(of: Array("what do ya want for nothing?".utf8))
        #expect(String(decoding: name, as: UTF8.self) == "5bdcc146bf60")
    }

    @Test func namesDifferByUserAndByKey() throws {
        let hash = try KeyedHash(Secret("key"))
        let ann = hash.logName(of: Array("ann".utf8))
        #expect(hash.logName(of: Array("ann".utf8)) == ann)
        #expect(hash.logName(of: Array("bob".utf8)) != ann)
        #expect(try KeyedHash(Secret("other key")).logName(of: Array("ann".utf8)) != ann)
    }
}

@Suite struct RequestIDTests {
    @Test func idsAreLettersAndNeverTheSame() {
        let (one, other) = (RequestIDs(), RequestIDs())
        var seen: Set<String> = []
        for _ in 0..<5_000 {
            for id in [one.next(), other.next()] {
                #expect(id.description.utf8.count == 16)
                #expect(id.description.allSatisfy { ("a"..."z").contains($0) })
                #expect(seen.insert(id.description).inserted)
            }
        }
    }
}
