/// Walks the elements of a comma-separated field value (RFC 9110 §5.6.1). Knows no quoting: for fields whose
/// elements are tokens.
struct ElementList {
    private var next: Int
    private let end: Int
    private var done = false

    init(_ value: ByteRange) {
        next = value.lowerBound
        end = value.upperBound
    }

    /// The next element without the blanks around it, empty where two commas meet; nil behind the last.
    mutating func element(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard !done else { return nil }
        let start = next
        var offset = start
        while offset < end && bytes[offset] != Octet.comma { offset &+= 1 }
        done = offset >= end
        next = offset &+ 1
        return bytes.trimmed(start..<offset)
    }
}
