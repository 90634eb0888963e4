/// A field name that the configuration holds, for comparing with names on the wire.
package struct FieldName: Hashable, Sendable {
    private let lowercase: [UInt8]

    /// - Returns: nil for what is no token (RFC 9110 §5.1).
    package init?(_ name: String) {
        lowercase = name.utf8.map(Octet.lowercased)
        guard !lowercase.isEmpty, lowercase.allSatisfy(Octet.isToken) else { return nil }
    }

    /// Which field it is.
    package var id: FieldID { FieldNames.known.id(in: lowercase.span, at: 0, count: lowercase.count) }

    func matches(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count == lowercase.count, range.upperBound <= bytes.count else { return false }
        for i in lowercase.indices {
            guard Octet.lowercased(bytes[range.lowerBound &+ i]) == lowercase[i] else { return false }
        }
        return true
    }
}
