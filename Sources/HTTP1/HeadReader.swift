/// One pass over a head, line by line. A line is judged only when its end has been seen, so that a head split
/// at any byte gives the same answer as the whole.
struct HeadReader {
    /// Bytes looked at: never more than the limit.
    let window: Int
    /// The next byte to read.
    var position = 0
    /// After an incomplete pass: everything before this offset has been searched for line ends.
    var searched = 0

    init(_ bytes: Span<UInt8>, _ limits: HeadLimits) {
        window = min(bytes.count, limits.bytes, HeadLimits.largest)
    }

    /// Whether another pass can tell more than the last, which ended with `searched`: only a line end (or a
    /// byte that is an error) or the limit can. Without this, a head that arrives byte by byte costs its square.
    static func isWorthwhile(_ bytes: Span<UInt8>, _ limits: HeadLimits, searched: inout Int) -> Bool {
        guard searched > 0, searched <= bytes.count, bytes.count < limits.bytes else { return true }
        let found = bytes.firstControl(from: searched, to: bytes.count)
        searched = found
        return found < bytes.count
    }

    /// The end of the line around `start`, and moves behind it; nil when it has not arrived.
    @inline(__always)
    mutating func lineEnd(_ bytes: Span<UInt8>, from start: Int) throws(HeadFault) -> Int? {
        let end = bytes.firstControl(from: start, to: window)
        searched = end
        guard end < window else { return nil }
        guard bytes[end] == Octet.carriageReturn else {
            throw bytes[end] == Octet.lineFeed ? .bareLineFeed : .controlByte
        }
        guard end &+ 1 < window else { return nil }
        guard bytes[end &+ 1] == Octet.lineFeed else { throw .bareCarriageReturn }
        position = end &+ 2
        return end
    }

    /// Passes the empty lines before a start line (RFC 9112 §2.2).
    mutating func skipEmptyLines(_ bytes: Span<UInt8>) throws(HeadFault) {
        var lines = 0
        while position &+ 1 < window, bytes[position] == Octet.carriageReturn,
            bytes[position &+ 1] == Octet.lineFeed
        {
            lines &+= 1
            guard lines <= HeadLimits.emptyLines else { throw .emptyLines }
            position &+= 2
        }
    }

    /// The start line; nil when it has not arrived.
    @inline(__always)
    mutating func startLine(_ bytes: Span<UInt8>) throws(HeadFault) -> Range<Int>? {
        try skipEmptyLines(bytes)
        let start = position
        guard let end = try lineEnd(bytes, from: start) else { return nil }
        return start..<end
    }

    /// The field lines up to and with the empty line; nil when that has not arrived.
    @inline(__always)
    mutating func fields(_ bytes: Span<UInt8>, _ limits: HeadLimits) throws(HeadFault) -> FieldSection? {
        var section = FieldSection(reserving: limits.fields)
        let names = FieldNames.known
        while true {
            let start = position
            let nameEnd = bytes.tokenEnd(from: start, to: window)
            guard nameEnd < window, bytes[nameEnd] == Octet.colon, nameEnd > start else {
                return try endOfSection(bytes, at: start, section)
            }
            guard let end = try lineEnd(bytes, from: nameEnd &+ 1) else { return nil }
            guard section.lines.count < limits.fields else { throw .tooManyFields }
            let value = bytes.trimmed(nameEnd &+ 1..<end)
            section.append(
                FieldLine(
                    name: ByteRange(start, nameEnd), value: ByteRange(value.lowerBound, value.upperBound),
                    id: names.id(in: bytes, at: start, count: nameEnd &- start)))
        }
    }

    /// What is no field line: the empty line, one that has not arrived, or a fault.
    @inline(never)
    private mutating func endOfSection(
        _ bytes: Span<UInt8>, at start: Int, _ section: FieldSection
    ) throws(HeadFault) -> FieldSection? {
        guard let end = try lineEnd(bytes, from: start) else { return nil }
        guard end > start else { return section }
        throw Octet.isBlank(bytes[start]) ? .obsoleteFold : .malformedFieldLine
    }

    /// The fault of a head that fills the whole limit and has not ended; nil when there is room for more.
    func oversize(_ limits: HeadLimits, inStartLine: Bool) -> HeadFault? {
        guard window >= min(limits.bytes, HeadLimits.largest) else { return nil }
        return inStartLine ? .targetTooLong : .tooLarge
    }
}
