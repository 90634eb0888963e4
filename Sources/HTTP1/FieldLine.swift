/// One field line of a head (RFC 9112 §5).
package struct FieldLine: Equatable, Sendable {
    /// The name as sent.
    package var name: ByteRange
    /// The value without the blanks around it; may be empty.
    package var value: ByteRange
    /// Which field it is.
    package var id: FieldID
}

/// A set of `FieldID`s in one word.
package struct FieldSet: Equatable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt64 = 0

    package init(arrayLiteral elements: FieldID...) {
        for element in elements { insert(element) }
    }

    @inline(__always)
    package func contains(_ id: FieldID) -> Bool { bits &>> UInt64(id.rawValue) & 1 != 0 }

    @inline(__always)
    package mutating func insert(_ id: FieldID) { bits |= 1 &<< UInt64(id.rawValue) }

    @inline(__always)
    package func union(_ other: FieldSet) -> FieldSet {
        var result = self
        result.bits |= other.bits
        return result
    }
}
