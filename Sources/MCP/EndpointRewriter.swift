package import Bytes

/// Rewrites the first `endpoint` event of an event stream (MCP 2024-11-05) and nothing else. Up to there an event is
/// held until it is whole, since its type may come behind its data; afterwards every byte goes on as it came.
///
/// Lines are those of the HTML standard (§9.2.6): CR, LF or CRLF ends one, an empty one ends the event.
package struct EndpointRewriter: Sendable {
    /// The longest event that is held, in bytes.
    static let longestEvent = 8 << 10
    /// How far into a stream the endpoint is waited for, in bytes.
    static let longestWait = 64 << 10

    /// What has not gone on: the beginning of an event.
    private var held: [UInt8] = []
    private var event = HeldEvent()
    /// Where in `held` the last line begins.
    private var lineStart = 0
    private var seen = 0
    /// Whether a LF that comes next belongs to the CR before it.
    private var afterCR = false
    private var isFirstLine = true
    private var sentinel: EndpointSentinel?

    /// At the start of a stream.
    package init() {}

    /// Follows the bytes of one read.
    /// - Parameters:
    ///   - out: gets what goes on now.
    ///   - announced: makes what the client is told out of the event's data.
    /// - Throws: when the stream must not go on; what `out` has got by then must not either.
    package mutating func read(
        _ bytes: Span<UInt8>, to out: ByteBuffer, announced: ([UInt8]) throws(EndpointFault) -> [UInt8]
    ) throws(EndpointFault) {
        var next = 0
        while next < bytes.count, sentinel == nil {
            try take(bytes[next], to: out, announced)
            next &+= 1
        }
        let rest = bytes.extracting(next..<bytes.count)
        try sentinel?.read(rest)
        out.append(rest)
    }

    /// The stream came to its end. A client that takes an event for whole without its empty line would still follow
    /// what is held.
    package func end() throws(EndpointFault) {
        guard held.isEmpty else { throw .missing }
    }

    private mutating func take(
        _ byte: UInt8, to out: ByteBuffer, _ announced: ([UInt8]) throws(EndpointFault) -> [UInt8]
    ) throws(EndpointFault) {
        seen &+= 1
        guard seen <= Self.longestWait else { throw .missing }
        guard held.count < Self.longestEvent else { throw .tooLong }
        if byte == 0x0a, afterCR {
            afterCR = false
            // The line it ends may have gone on already.
            if held.isEmpty { return out.append(byte: byte) }
            held.append(byte)
            lineStart = held.count
            return
        }
        held.append(byte)
        afterCR = byte == 0x0d
        if byte == 0x0a || afterCR { try endLine(to: out, announced) }
    }

    private mutating func endLine(
        to out: ByteBuffer, _ announced: ([UInt8]) throws(EndpointFault) -> [UInt8]
    ) throws(EndpointFault) {
        // A byte order mark in front of the stream is no part of its first line.
        let start = isFirstLine && held.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : lineStart
        let line = held[start..<held.count &- 1]
        isFirstLine = false
        lineStart = held.count
        if !line.isEmpty {
            event.add(EventField(line), at: line.indices)
            if event.hasFields { return }
        } else if event.isEndpoint {
            held = event.rewritten(held, data: try announced(event.data))
            sentinel = EndpointSentinel()
        }
        out.append(held)
        held.removeAll(keepingCapacity: sentinel == nil)
        lineStart = 0
        event = HeldEvent()
    }
}
