internal import Bytes
internal import Glibc
internal import Libevent

/// One worker's lines on their way to the log: gathered, and handed on when there are many or the first has waited a
/// moment, so that a request costs no lock and no system call for its line.
final class LineWriter {
    private let pending = ByteBuffer(capacity: 32 * 1024)
    private var oldest: UInt64 = 0
    private var second: Int = -1
    private var stamp = ByteBuffer(capacity: 32)
    private let sink: LogSink
    private static let most = 24 * 1024
    private static let wait: UInt64 = 50

    init(to sink: LogSink = .standardError) { self.sink = sink }

    /// Where the next line goes; end it with `lineEnded`.
    var line: ByteBuffer { pending }

    func lineEnded() {
        pending.append(byte: UInt8(ascii: "\n"))
        if oldest == 0 { oldest = EventLoop.now }
        if pending.count >= Self.most { flush() }
    }

    /// Hands on what has waited long enough. Called after each turn of the loop.
    func flushIfDue() {
        if oldest != 0, EventLoop.now &- oldest >= Self.wait { flush() }
    }

    func flush() {
        guard !pending.isEmpty else { return }
        unsafe pending.withBytes { unsafe sink.take($0) }
        pending.removeAll()
        oldest = 0
    }

    /// Appends the time as `2026-01-31T12:34:56.789Z` (RFC 3339).
    func appendTime() {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        if now.tv_sec != second {
            second = now.tv_sec
            stamp.removeAll()
            Timestamp.append(seconds: now.tv_sec, to: stamp)
        }
        unsafe stamp.withBytes { unsafe pending.append($0) }
        Timestamp.append(nanoseconds: now.tv_nsec, to: pending)
    }
}

/// Calendar time for logs.
enum Timestamp {
    /// Appends `2026-01-31T12:34:56` in UTC.
    static func append(seconds: Int, to buffer: ByteBuffer) {
        var time = seconds
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        append(Int(unsafe parts.tm_year) + 1900, width: 4, to: buffer)
        let rest: [(StaticString, Int32)] = unsafe [
            ("-", parts.tm_mon + 1), ("-", parts.tm_mday), ("T", parts.tm_hour), (":", parts.tm_min),
            (":", parts.tm_sec),
        ]
        for (separator, value) in rest {
            buffer.append(separator)
            append(Int(value), width: 2, to: buffer)
        }
    }

    /// Appends a second's part as `.789Z`.
    static func append(nanoseconds: Int, to buffer: ByteBuffer) {
        let milliseconds = UInt64(truncatingIfNeeded: nanoseconds / 1_000_000)
        buffer.append(byte: UInt8(ascii: "."))
        if milliseconds < 100 { buffer.append(byte: 48) }
        if milliseconds < 10 { buffer.append(byte: 48) }
        buffer.append(decimal: milliseconds)
        buffer.append(byte: UInt8(ascii: "Z"))
    }

    private static func append(_ value: Int, width: Int, to buffer: ByteBuffer) {
        let text = String(value)
        for _ in 0..<max(0, width - text.utf8.count) { buffer.append(byte: 48) }
        buffer.append(string: text)
    }
}
