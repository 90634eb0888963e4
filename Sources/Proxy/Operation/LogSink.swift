internal import Bytes
internal import Glibc
internal import Libevent
internal import Logging
internal import Synchronization

/// Where all lines leave: a thread of its own writes them, so that whoever reads the log too slowly, or not at all,
/// can't hold up a request. What waits is bounded; lines that find no room are dropped, counted, and told of as soon as
/// there is room again.
final class LogSink: Sendable {
    static let standardError = LogSink(to: STDERR_FILENO)

    fileprivate struct Waiting {
        var bytes: [UInt8] = []
        var isWriting = false
        var dropped: UInt64 = 0
        var droppedSinceTold: UInt64 = 0
        var json = true
    }

    private let descriptor: Int32
    private let most: Int
    private let waiting = Mutex(Waiting())
    /// Nil where the process has no thread left; then lines are written by whoever makes them.
    private let thread: EventLoop?

    /// - Parameter most: bytes that may wait while as many are being written.
    init(to descriptor: Int32, most: Int = 1 << 20) {
        (self.descriptor, self.most) = (descriptor, most)
        let loop = try? EventLoop()
        do {
            try loop?.start()
            thread = loop
        } catch { thread = nil }
    }

    deinit { thread?.stop() }

    /// How many lines were dropped since the start.
    var dropped: UInt64 { waiting.withLock { $0.dropped } }

    /// Says in which form the line about dropped lines is.
    func writes(json: Bool) { waiting.withLock { $0.json = json } }

    /// Takes whole lines, with their ends.
    func take(_ lines: UnsafeRawBufferPointer) {
        let begins = waiting.withLock { waiting in
            guard waiting.bytes.count &+ lines.count <= most else {
                unsafe waiting.drop(lines)
                return false
            }
            unsafe waiting.bytes.append(contentsOf: lines)
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        guard begins else { return }
        guard let thread else { return write() }
        Task.detached(executorPreference: thread) { self.write() }
    }

    /// Waits until all that was taken is written, but no longer than `milliseconds`: nobody may be reading. For the
    /// process's last moment.
    func finish(within milliseconds: UInt64) {
        let deadline = EventLoop.now &+ milliseconds
        while waiting.withLock({ $0.isWriting }), EventLoop.now < deadline { usleep(1000) }
    }

    private func write() {
        var lines: [UInt8] = []
        while takeNext(&lines) {
            let left = unsafe lines.withUnsafeBytes { unsafe write($0) }
            guard left > 0 else { continue }
            unsafe lines.withUnsafeBytes { lines in
                waiting.withLock { unsafe $0.drop(UnsafeRawBufferPointer(rebasing: lines.suffix(left))) }
            }
        }
    }

    /// Takes what has come meanwhile, and the line about what was dropped behind it.
    private func takeNext(_ lines: inout [UInt8]) -> Bool {
        lines.removeAll(keepingCapacity: true)
        return waiting.withLock { waiting in
            swap(&lines, &waiting.bytes)
            if waiting.droppedSinceTold > 0 && !lines.isEmpty { lines += waiting.told() }
            waiting.isWriting = !lines.isEmpty
            return waiting.isWriting
        }
    }

    /// Writes, and waits where the descriptor makes us.
    /// - Returns: how many bytes can't be written at all, as nobody is left to read them.
    private func write(_ lines: UnsafeRawBufferPointer) -> Int {
        var rest = unsafe lines
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if count < 0 && errno == EAGAIN {
                // Whoever shares the descriptor has made it so.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&wanted, 1, -1)
            } else if count < 0 && errno != EINTR {
                return rest.count
            }
        }
        return 0
    }
}

extension LogSink.Waiting {
    mutating func drop(_ lines: UnsafeRawBufferPointer) {
        let count = unsafe UInt64(lines.count { $0 == UInt8(ascii: "\n") })
        dropped &+= count
        droppedSinceTold &+= count
    }

    mutating func told() -> [UInt8] {
        defer { droppedSinceTold = 0 }
        let metadata: Logger.Metadata = ["event": "log_dropped", "lines": "\(droppedSinceTold)"]
        let event = LogEvent(
            level: .warning, message: "the log is read too slowly", metadata: metadata, source: nil, file: #fileID,
            function: #function, line: #line)
        return EventLog(logLevel: .warning, json: json).line(of: event).bytes
    }
}
