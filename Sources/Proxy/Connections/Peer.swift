internal import Bytes
internal import Libevent

/// One side of a call: a stream, and what was read from it and not yet understood.
final class Peer {
    let stream: Stream
    private let pool: BufferPool
    /// Where this counts as an open connection to a server, as long as it lives.
    private let metrics: Metrics?
    private var input: ByteBuffer?
    /// The result that ended reading, once there is one.
    private(set) var ending: ReadResult?

    init(_ stream: Stream, pool: BufferPool, countedIn metrics: Metrics? = nil) {
        self.stream = stream
        self.pool = pool
        self.metrics = metrics
        metrics?.record { $0.upstreamConnections += 1 }
    }

    deinit {
        if let input { pool.give(input) }
        metrics?.record { $0.upstreamConnections -= 1 }
    }

    /// Bytes read and not consumed.
    @inline(__always) var buffered: Int { input?.count ?? 0 }
    /// Whether the peer will send no more.
    var hasEnded: Bool { ending != nil }

    /// Reads once, if the kernel may have something and less than `most` bytes wait to be understood.
    /// - Returns: whether there is news: bytes or an end.
    @discardableResult
    func fill(most: Int = 64 * 1024, reading limit: Int = 16 * 1024) -> Bool {
        guard ending == nil, stream.mayRead, buffered < most else { return false }
        let buffer = input ?? pool.take()
        input = buffer
        let result = stream.read(into: buffer, limit: limit)
        releaseIfEmpty()
        switch result {
        case .bytes: return true
        case .wouldBlock: return false
        case .end, .failed:
            ending = result
            return true
        }
    }

    /// Lends the waiting bytes.
    @inline(__always)
    func withInput<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        guard let input else { return try body(Span()) }
        return try input.withSpan(body)
    }

    /// Lends the waiting bytes for sending.
    @inline(__always)
    func withInputBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        guard let input else { return unsafe try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return unsafe try input.withBytes(body)
    }

    /// Drops understood bytes, and the buffer with the last of them.
    func consume(_ count: Int) {
        input?.consume(count)
        releaseIfEmpty()
    }

    /// Takes the first `count` bytes out into a buffer of their own.
    func takeFront(_ count: Int) -> ByteBuffer {
        let front = ByteBuffer(capacity: 2 &* count)
        withInput { front.append($0.extracting(..<min(count, $0.count))) }
        consume(count)
        return front
    }

    /// Puts bytes before those that wait.
    func putFront(_ front: ByteBuffer) {
        withInput { front.append($0) }
        if let input { pool.give(input) }
        input = front
        releaseIfEmpty()
    }

    private func releaseIfEmpty() {
        guard let input, input.isEmpty else { return }
        pool.give(input)
        self.input = nil
    }
}
