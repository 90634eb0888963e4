/// `Via` (RFC 9110 §7.6.3): who passed a message on.
enum Via {
    /// This proxy's name for itself.
    static let pseudonym: StaticString = "obo-proxy"

    /// Whether some element of `value` was written by a proxy of our name.
    ///
    /// An element is `protocol SP received-by [ SP comment ]`; commas in comments do not separate elements.
    static func namesUs(_ bytes: Span<UInt8>, _ value: ByteRange) throws(HeadFault) -> Bool {
        var offset = value.lowerBound
        while offset < value.upperBound {
            let start = offset
            try skipElement(bytes, &offset, value.upperBound)
            if isOurs(bytes, bytes.trimmed(start..<offset)) { return true }
            offset &+= 1
        }
        return false
    }

    /// Moves to the comma behind the element, or to the end.
    private static func skipElement(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(HeadFault) {
        var depth = 0
        while offset < end, depth > 0 || bytes[offset] != Octet.comma {
            switch bytes[offset] {
            case 0x28: depth &+= 1
            case 0x29: depth &-= 1
            case Octet.backslash where depth > 0: offset &+= 1
            default: break
            }
            guard depth >= 0 else { throw .malformedVia }
            offset &+= 1
        }
        guard depth == 0, offset <= end else { throw .malformedVia }
    }

    private static func isOurs(_ bytes: Span<UInt8>, _ element: Range<Int>) -> Bool {
        var offset = element.lowerBound
        while offset < element.upperBound, !Octet.isBlank(bytes[offset]) { offset &+= 1 }
        while offset < element.upperBound, Octet.isBlank(bytes[offset]) { offset &+= 1 }
        let start = offset
        while offset < element.upperBound, !Octet.isBlank(bytes[offset]), bytes[offset] != 0x28 { offset &+= 1 }
        return bytes.equals(start..<offset, lowercase: pseudonym)
    }
}
