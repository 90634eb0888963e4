/// Knows whether a relayed event stream is between two events, where a comment may be put in to keep it alive.
/// Inside an event a comment's blank line would deliver half of it.
///
/// Only the end of each read is looked at: what precedes its last run of line ends cannot matter.
package struct EventStreamBoundary: Sendable {
    private enum Place: Sendable {
        case betweenEvents
        case inLine
        case afterLine
    }

    private var place = Place.betweenEvents
    /// Whether a LF that comes next belongs to the CR before it (CR, LF and CRLF all end a line).
    private var afterCR = false

    /// At the start of a stream, which is between events.
    package init() {}

    /// Whether everything that was fed so far ends with a blank line, or nothing was fed.
    package var isBetweenEvents: Bool { place == .betweenEvents }

    /// Follows the bytes of one read.
    package mutating func feed(_ bytes: Span<UInt8>) {
        var start = bytes.count
        while start > 0, bytes[start &- 1] == 0x0a || bytes[start &- 1] == 0x0d { start &-= 1 }
        if start > 0 {
            place = .inLine
            afterCR = false
        }
        for i in start..<bytes.count { endLine(bytes[i]) }
    }

    private mutating func endLine(_ byte: UInt8) {
        if byte == 0x0a, afterCR {
            afterCR = false
            return
        }
        afterCR = byte == 0x0d
        place = place == .inLine ? .afterLine : .betweenEvents
    }
}
