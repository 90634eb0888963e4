/// The chunked coding (RFC 9112 §7.1), byte by byte between runs of data.
///
/// Lines end in CRLF and nothing else: a decoder that takes a bare LF behind an extension disagrees with its
/// neighbour about where the data begins.
struct ChunkReader: Sendable {
    private enum State {
        case size, `extension`, sizeEnd
        case data, dataReturn, dataEnd
        case trailer, done
    }
    private var state = State.size
    private var size: UInt64 = 0
    private var digits: UInt8 = 0
    private var extensions = ChunkExtensions()
    private var trailers = TrailerReader()

    /// 15 digits: sizes below 2^60, so that sums cannot overflow.
    private static let mostDigits: UInt8 = 15

    /// Takes framing, one run of data, and the framing behind it up to the next data.
    mutating func read(_ input: Span<UInt8>) throws(BodyFault) -> BodyPart {
        var offset = 0
        var payload = 0..<0
        while offset < input.count, state != .done {
            guard state == .data else {
                do throws(BodyFault) { try step(input[offset]) } catch {
                    // What came before is whole, and is taken first; the same byte is met again.
                    guard payload.isEmpty else { break }
                    throw error
                }
                offset &+= 1
                continue
            }
            guard payload.isEmpty else { break }
            let taken = Int(truncatingIfNeeded: min(size, UInt64(input.count &- offset)))
            payload = offset..<offset &+ taken
            offset &+= taken
            size &-= UInt64(taken)
            extensions.pay(taken)
            if size == 0 { state = .dataReturn }
        }
        return BodyPart(consumed: offset, payload: payload, isComplete: state == .done)
    }

    private mutating func step(_ byte: UInt8) throws(BodyFault) {
        switch state {
        case .size: try takeSize(byte)
        case .extension: try takeExtension(byte)
        case .sizeEnd:
            guard byte == Octet.lineFeed else { throw .malformedChunkSize }
            state = size == 0 ? .trailer : .data
            digits = 0
        case .dataReturn:
            guard byte == Octet.carriageReturn else { throw .malformedChunkEnd }
            state = .dataEnd
        case .dataEnd:
            guard byte == Octet.lineFeed else { throw .malformedChunkEnd }
            state = .size
        case .trailer:
            if try trailers.take(byte) { state = .done }
        case .data, .done: return
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(BodyFault) {
        if let digit = Octet.hexadecimal(byte) {
            guard digits < ChunkReader.mostDigits else { throw .malformedChunkSize }
            digits &+= 1
            size = size &<< 4 | UInt64(digit)
            return
        }
        guard digits > 0 else { throw .malformedChunkSize }
        switch byte {
        case Octet.carriageReturn: state = .sizeEnd
        case Octet.semicolon, Octet.space, Octet.tab:
            extensions.begin()
            try takeExtension(byte)
        default: throw .malformedChunkSize
        }
    }

    private mutating func takeExtension(_ byte: UInt8) throws(BodyFault) {
        state = try extensions.take(byte) ? .sizeEnd : .extension
    }
}
