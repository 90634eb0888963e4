/// Character classes of RFC 9110 §5.6.2 and RFC 3986 §2, on bytes: in a Swift `String` CRLF is one `Character`,
/// and a parser that thinks in characters is a parser that can be smuggled past.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let backslash: UInt8 = 0x5C
    static let underscore: UInt8 = 0x5F

    /// SP or HTAB (OWS, RFC 9110 §5.6.3).
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// A control that no field value may hold: NUL to US but HTAB, and DEL (RFC 9110 §5.5).
    @inline(__always)
    static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != tab) || byte == 0x7F }

    /// `tchar` (RFC 9110 §5.6.2): a bit for each of the 128 ASCII characters.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // DIGIT ! # $ % & ' * + - . and, in the upper half, ALPHA ^ _ ` | ~
        let set: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 128 && set &>> UInt64(byte & 63) & 1 != 0
    }

    /// `pchar`, `/` and `%` (RFC 3986 §3.3). Whether two hexadecimal digits follow a `%` is not looked at,
    /// as paths are compared as sent and never decoded.
    @inline(__always)
    static func isPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x41...0x5A, 0x40: true  // a-z, A-Z, @
        case 0x24...0x3B: true  // $ % & ' ( ) * + , - . / 0-9 : ;
        case 0x21, 0x3D, 0x5F, 0x7E: true  // ! = _ ~
        default: false
        }
    }

    /// What WHATWG URL leaves unescaped in a query, which is more than RFC 3986 §3.4 has, because JavaScript
    /// clients send it so. Never a control, a space, `"`, `<`, `>`, `#` or a byte beyond ASCII.
    @inline(__always)
    static func isQuery(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x24...0x3B, 0x3D, 0x3F...0x7E: true
        default: false
        }
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// ASCII letters made small, everything else as it is.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
