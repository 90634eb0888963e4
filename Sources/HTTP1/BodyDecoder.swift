/// What one step of decoding took from its input.
package struct BodyPart: Equatable, Sendable {
    /// Bytes of the input that are done with, framing and payload.
    package var consumed: Int
    /// Where in the input the payload lies; may be empty.
    package var payload: Range<Int>
    /// Whether the body has ended; the bytes behind `consumed` belong to the next message.
    package var isComplete: Bool
}

/// Finds a body's payload in the bytes of a connection (RFC 9112 §6, §7). Keeps no bytes itself.
///
///     while true {
///         let part = try decoder.decode(input)
///         use(input[part.payload]); input = input[part.consumed...]
///         if part.isComplete || part.consumed == 0 { break }
///     }
package struct BodyDecoder: Sendable {
    private enum State {
        case complete
        case length(UInt64)
        case chunked
        case untilClose
    }
    private var state: State
    private var chunks = ChunkReader()

    package init(_ framing: BodyFraming) {
        state =
            switch framing {
            case .none, .length(0): .complete
            case .length(let count): .length(count)
            case .chunked: .chunked
            case .untilClose: .untilClose
            }
    }

    /// Whether the body has ended.
    package var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Takes framing up to and behind the next run of payload. Takes nothing once the body has ended.
    package mutating func decode(_ input: Span<UInt8>) throws(BodyFault) -> BodyPart {
        switch state {
        case .complete:
            return BodyPart(consumed: 0, payload: 0..<0, isComplete: true)
        case .untilClose:
            return BodyPart(consumed: input.count, payload: 0..<input.count, isComplete: false)
        case .length(let left):
            let taken = Int(truncatingIfNeeded: min(left, UInt64(input.count)))
            state = left > UInt64(taken) ? .length(left &- UInt64(taken)) : .complete
            return BodyPart(consumed: taken, payload: 0..<taken, isComplete: isComplete)
        case .chunked:
            let part = try chunks.read(input)
            if part.isComplete { state = .complete }
            return part
        }
    }

    /// Tells that the connection has ended in an orderly way; over TLS that takes a `close_notify`.
    /// - Throws: `truncated` unless the body had ended or ends with its connection.
    package mutating func end() throws(BodyFault) {
        switch state {
        case .complete: return
        case .untilClose: state = .complete
        case .length, .chunked: throw .truncated
        }
    }
}
