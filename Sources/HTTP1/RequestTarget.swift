/// The four forms of a request target (RFC 9112 §3.2).
package enum TargetForm: UInt8, Sendable {
    /// `/path?query`
    case origin
    /// `http://authority/path?query`; the authority stands for `Host` (§3.2.2).
    case absolute
    /// `host:port`, with CONNECT only.
    case authority
    /// `*`, with OPTIONS only.
    case asterisk
}

/// A request target taken apart, nothing decoded.
struct RequestTarget {
    var form: TargetForm
    var authority = ByteRange()
    var path = ByteRange()
    var query: ByteRange?

    init(_ bytes: Span<UInt8>, _ range: Range<Int>, method: Method) throws(HeadFault) {
        guard !range.isEmpty else { throw .malformedTarget }
        if method == .connect, Authority.isValid(bytes, range) {
            form = .authority
            authority = ByteRange(range.lowerBound, range.upperBound)
        } else if bytes[range.lowerBound] == Octet.slash {
            form = .origin
            try takePath(bytes, range)
        } else if range.count == 1, bytes[range.lowerBound] == 0x2A {
            guard method == .options else { throw .malformedTarget }
            form = .asterisk
        } else {
            form = .absolute
            try takePath(bytes, try takeAuthority(bytes, range))
        }
    }

    /// Takes `http://` or `https://` and the authority.
    /// - Returns: the rest.
    private mutating func takeAuthority(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HeadFault) -> Range<Int> {
        guard let start = RequestTarget.behindScheme(bytes, range) else { throw .malformedTarget }
        var end = start
        while end < range.upperBound, bytes[end] != Octet.slash, bytes[end] != Octet.question { end &+= 1 }
        guard Authority.isValid(bytes, start..<end) else { throw .malformedTarget }
        authority = ByteRange(start, end)
        return end..<range.upperBound
    }

    private static func behindScheme(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        for scheme: StaticString in ["http://", "https://"] where range.count > scheme.utf8CodeUnitCount {
            let end = range.lowerBound &+ scheme.utf8CodeUnitCount
            if bytes.equals(range.lowerBound..<end, lowercase: scheme) { return end }
        }
        return nil
    }

    private mutating func takePath(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HeadFault) {
        var offset = range.lowerBound
        while offset < range.upperBound, Octet.isPath(bytes[offset]) { offset &+= 1 }
        path = ByteRange(range.lowerBound, offset)
        guard offset < range.upperBound else { return }
        guard bytes[offset] == Octet.question else { throw .malformedTarget }
        for i in offset &+ 1..<range.upperBound {
            guard Octet.isQuery(bytes[i]) else { throw .malformedTarget }
        }
        query = ByteRange(offset &+ 1, range.upperBound)
    }
}
