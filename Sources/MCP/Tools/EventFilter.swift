package import Bytes

/// Takes the tools that may not be seen out of an event stream (HTML, server-sent events). Events come out whole, with
/// their own bytes unless something had to go; comments between them come out at once.
package struct EventFilter: Sendable {
    /// The longest event that is held until its end, in bytes.
    package static let longestEvent = 8 << 20

    private let rules: ToolRules
    private let longest: Int
    /// What has come of an event.
    private var held: [UInt8] = []
    /// Where the line that is being read begins.
    private var lineStart = 0
    /// Whether a line of the event is more than a comment.
    private var hasField = false
    /// Whether a LF that comes next belongs to the CR before it.
    private var afterCR = false

    /// Bytes of the event that is held until its end.
    package var heldBytes: Int { held.count }

    package init(_ rules: ToolRules, longest: Int = EventFilter.longestEvent) {
        self.rules = rules
        self.longest = longest
    }

    /// Takes what has come, and appends to `out` what can be shown by now.
    /// - Throws: for a message that cannot be read, or is too long to be held. Nothing may be shown any more.
    package mutating func feed(_ bytes: Span<UInt8>, to out: ByteBuffer) throws(UnreadableList) {
        for i in bytes.indices {
            let byte = bytes[i]
            guard byte == 0x0a || byte == 0x0d else {
                afterCR = false
                guard held.count < longest else { throw UnreadableList() }
                held.append(byte)
                continue
            }
            try endLine(byte, to: out)
        }
    }

    /// The stream has ended. An event without its empty line is no event, but there are clients that take it for one.
    package mutating func end(to out: ByteBuffer) throws(UnreadableList) { try release(to: out) }

    private mutating func endLine(_ byte: UInt8, to out: ByteBuffer) throws(UnreadableList) {
        let isEmpty = held.count == lineStart
        let isComment = !isEmpty && held[lineStart] == UInt8(ascii: ":")
        let isSecondHalf = byte == 0x0a && afterCR
        afterCR = byte == 0x0d
        held.append(byte)
        if !isSecondHalf {
            if isEmpty { return try release(to: out) }
            if !isComment { hasField = true }
        }
        lineStart = held.count
        if !hasField { flush(to: out) }
    }

    /// Lets go of the event that is held.
    private mutating func release(to out: ByteBuffer) throws(UnreadableList) {
        let event = ServerSentEvent(held)
        if !event.data.isEmpty {
            do throws(UnreadableList) {
                if let data = try rules.filter(event.data.span) { held = event.replacing(data: data) }
            } catch {
                // Other types, such as the address that the older transport begins with, are no messages.
                if event.isMessage { throw error }
            }
        }
        flush(to: out)
    }

    private mutating func flush(to out: ByteBuffer) {
        out.append(held)
        held.removeAll(keepingCapacity: held.count < 1 << 16)
        lineStart = 0
        hasField = false
    }
}
