/// `uri-host [ ":" port ]` (RFC 3986 §3.2, RFC 9110 §7.2): no user information, no zone, not empty.
enum Authority {
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        guard offset < range.upperBound else { return false }
        if bytes[offset] == 0x5B {
            guard let end = literalEnd(bytes, range) else { return false }
            offset = end
        } else {
            guard let end = nameEnd(bytes, range), end > offset else { return false }
            offset = end
        }
        return offset == range.upperBound || isPort(bytes, offset..<range.upperBound)
    }

    /// Behind the `]` of an IPv6 address. Its groups are not counted: nothing here connects to it.
    private static func literalEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var colons = 0
        for offset in range.dropFirst() {
            switch bytes[offset] {
            case 0x5D: return colons >= 2 ? offset &+ 1 : nil
            case Octet.colon: colons &+= 1
            case 0x2E: continue
            default: guard Octet.hexadecimal(bytes[offset]) != nil else { return nil }
            }
        }
        return nil
    }

    /// Behind a `reg-name` or an IPv4 address; at the `:` if there is one. A comma is refused although RFC 3986
    /// has it: two `Host` lines joined into one look like that.
    private static func nameEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            switch bytes[offset] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: offset &+= 1
            case 0x21, 0x24, 0x26...0x2B, 0x3B, 0x3D: offset &+= 1  // ! $ & ' ( ) * + ; =
            case 0x25:
                guard offset &+ 2 < range.upperBound, Octet.hexadecimal(bytes[offset &+ 1]) != nil,
                    Octet.hexadecimal(bytes[offset &+ 2]) != nil
                else { return nil }
                offset &+= 3
            case Octet.colon: return offset
            default: return nil
            }
        }
        return offset
    }

    /// `:` and a number up to 65535, which may be missing (RFC 3986 §3.2.3).
    private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard bytes[range.lowerBound] == Octet.colon, range.count <= 6 else { return false }
        var port = 0
        for offset in range.dropFirst() {
            guard Octet.isDigit(bytes[offset]) else { return false }
            port = port &* 10 &+ Int(bytes[offset] &- 0x30)
        }
        return port <= 65535
    }
}
