/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 §7.1.1): checked, counted, dropped.
struct ChunkExtensions: Sendable {
    private enum State {
        /// Before a `;`; `blank` when a line end may not follow.
        case blank, nameStart, name, nameBlank, valueStart, value, quoted, quotedPair, quotedEnd
    }
    private var state = State.blank
    /// Extension bytes not yet made up for by data. A sender of long extensions on tiny chunks costs work that
    /// no limit on bodies sees.
    private var debt = 0

    static let mostDebt = 4096

    /// A new chunk's first byte behind its size is next.
    mutating func begin() { state = .blank }

    /// A chunk's data makes up for extensions of twice its size.
    mutating func pay(_ count: Int) { debt = max(debt &- min(count, ChunkExtensions.mostDebt) &* 2, 0) }

    /// - Returns: whether the byte was the CR of the line's end.
    mutating func take(_ byte: UInt8) throws(BodyFault) -> Bool {
        debt &+= 1
        guard debt <= ChunkExtensions.mostDebt else { throw .chunkExtensionsTooLarge }
        if byte == Octet.carriageReturn { return try endLine() }
        guard let next = ChunkExtensions.next(state, byte) else { throw .malformedChunkExtension }
        state = next
        return false
    }

    private func endLine() throws(BodyFault) -> Bool {
        guard state == .name || state == .value || state == .quotedEnd else { throw .malformedChunkExtension }
        return true
    }

    private static func next(_ state: State, _ byte: UInt8) -> State? {
        switch state {
        case .blank: byte == Octet.semicolon ? .nameStart : Octet.isBlank(byte) ? .blank : nil
        case .nameStart: Octet.isToken(byte) ? .name : Octet.isBlank(byte) ? .nameStart : nil
        case .name: Octet.isToken(byte) ? .name : behindName(byte)
        case .nameBlank: behindName(byte)
        case .valueStart:
            if byte == Octet.quote {
                .quoted
            } else {
                Octet.isToken(byte) ? .value : Octet.isBlank(byte) ? .valueStart : nil
            }
        case .value: Octet.isToken(byte) ? .value : behindValue(byte)
        case .quoted: quoted(byte)
        case .quotedPair: Octet.isControl(byte) ? nil : .quoted
        case .quotedEnd: behindValue(byte)
        }
    }

    private static func behindName(_ byte: UInt8) -> State? {
        byte == Octet.equals
            ? .valueStart : byte == Octet.semicolon ? .nameStart : Octet.isBlank(byte) ? .nameBlank : nil
    }

    private static func behindValue(_ byte: UInt8) -> State? {
        byte == Octet.semicolon ? .nameStart : Octet.isBlank(byte) ? .blank : nil
    }

    private static func quoted(_ byte: UInt8) -> State? {
        switch byte {
        case Octet.quote: .quotedEnd
        case Octet.backslash: .quotedPair
        default: Octet.isControl(byte) ? nil : .quoted
        }
    }
}
