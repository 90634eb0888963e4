/// The inside of JSON strings (RFC 8259 §7): where one ends, and what it says.
enum StringText {
    /// Checks a string and finds the offset behind its closing quote.
    /// - Parameter start: offset of the opening quote.
    static func end(_ bytes: Span<UInt8>, from start: Int) throws(JSON.Fault) -> Int {
        var position = start &+ 1
        var seen: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            seen |= byte
            switch byte {
            case UInt8(ascii: "\""):
                if seen >= 0x80 { try checkUTF8(bytes, start &+ 1, position) }
                return position &+ 1
            case UInt8(ascii: "\\"):
                position &+= try escape(bytes, at: position).length
            case 0..<0x20:
                throw .invalidString(at: position)
            default:
                position &+= 1
            }
        }
        throw .unexpectedEnd
    }

    /// The text of a string that `end` has checked.
    /// - Parameter range: with both quotes.
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSON.Fault) -> String {
        var position = range.lowerBound &+ 1
        let end = range.upperBound &- 1
        guard position <= end else { throw .invalidString(at: range.lowerBound) }
        var plain = true
        for i in position..<end where bytes[i] == UInt8(ascii: "\\") { plain = false }
        if plain { return try copy(bytes.extracting(position..<end), at: position) }
        var out: [UInt8] = []
        out.reserveCapacity(end &- position)
        while position < end {
            guard bytes[position] == UInt8(ascii: "\\") else {
                out.append(bytes[position])
                position &+= 1
                continue
            }
            let (scalar, length) = try escape(bytes, at: position)
            out.append(contentsOf: Character(scalar).utf8)
            position &+= length
        }
        return try copy(out.span, at: range.lowerBound)
    }

    /// The scalar of the escape that begins with the backslash at `start`, and its length in bytes.
    /// Half a surrogate pair is refused: it has no UTF-8, and readers replace it in different ways.
    private static func escape(
        _ bytes: Span<UInt8>, at start: Int
    ) throws(JSON.Fault) -> (scalar: Unicode.Scalar, length: Int) {
        guard bytes.count &- start >= 2 else { throw .unexpectedEnd }
        switch bytes[start &+ 1] {
        case UInt8(ascii: "\""): return ("\"", 2)
        case UInt8(ascii: "\\"): return ("\\", 2)
        case UInt8(ascii: "/"): return ("/", 2)
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{c}", 2)
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "u"): return try unicodeEscape(bytes, at: start)
        default: throw .invalidString(at: start)
        }
    }

    private static func unicodeEscape(
        _ bytes: Span<UInt8>, at start: Int
    ) throws(JSON.Fault) -> (scalar: Unicode.Scalar, length: Int) {
        let high = try fourDigits(bytes, at: start &+ 2)
        if let scalar = Unicode.Scalar(high) { return (scalar, 6) }
        guard high < 0xdc00, bytes.count &- start >= 8,
            bytes[start &+ 6] == UInt8(ascii: "\\"), bytes[start &+ 7] == UInt8(ascii: "u")
        else { throw .invalidString(at: start) }
        let low = try fourDigits(bytes, at: start &+ 8)
        guard 0xdc00...0xdfff ~= low,
            let scalar = Unicode.Scalar(0x10000 + (high &- 0xd800) << 10 + (low &- 0xdc00))
        else { throw .invalidString(at: start) }
        return (scalar, 12)
    }

    private static func fourDigits(_ bytes: Span<UInt8>, at start: Int) throws(JSON.Fault) -> UInt32 {
        guard bytes.count &- start >= 4 else { throw .unexpectedEnd }
        var value: UInt32 = 0
        for i in start..<(start &+ 4) {
            switch bytes[i] {
            case 48...57: value = value << 4 | UInt32(bytes[i] &- 48)
            case 65...70: value = value << 4 | UInt32(bytes[i] &- 55)
            case 97...102: value = value << 4 | UInt32(bytes[i] &- 87)
            default: throw .invalidString(at: i)
            }
        }
        return value
    }

    private static func checkUTF8(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(JSON.Fault) {
        do { _ = try UTF8Span(validating: bytes.extracting(start..<end)) } catch { throw .invalidString(at: start) }
    }

    private static func copy(_ bytes: Span<UInt8>, at offset: Int) throws(JSON.Fault) -> String {
        do { return String(copying: try UTF8Span(validating: bytes)) } catch { throw .invalidString(at: offset) }
    }
}
