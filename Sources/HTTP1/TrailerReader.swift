/// The trailer section behind the last chunk (RFC 9112 §7.1.2): checked like fields, bounded, dropped. Trailers
/// are never merged into the head: a field that comes after the decision was made must not change it.
struct TrailerReader: Sendable {
    private enum State {
        case lineStart, name, value, lineEnd, lastEnd
    }
    private var state = State.lineStart
    private var count = 0

    static let mostBytes = 8192

    /// - Returns: whether the section has ended with this byte.
    mutating func take(_ byte: UInt8) throws(BodyFault) -> Bool {
        count &+= 1
        guard count <= TrailerReader.mostBytes else { throw .trailersTooLarge }
        if state == .lastEnd, byte == Octet.lineFeed { return true }
        guard let next = TrailerReader.next(state, byte) else { throw .malformedTrailer }
        state = next
        return false
    }

    private static func next(_ state: State, _ byte: UInt8) -> State? {
        switch state {
        case .lineStart: byte == Octet.carriageReturn ? .lastEnd : Octet.isToken(byte) ? .name : nil
        case .name: byte == Octet.colon ? .value : Octet.isToken(byte) ? .name : nil
        case .value: byte == Octet.carriageReturn ? .lineEnd : Octet.isControl(byte) ? nil : .value
        case .lineEnd: byte == Octet.lineFeed ? .lineStart : nil
        case .lastEnd: nil
        }
    }
}
