/// A run of bytes inside a head, counted from the head's first byte. The head stays in the connection's
/// read buffer, so a range is good until that buffer is consumed, and costs eight bytes and no allocation.
package struct ByteRange: Equatable, Sendable {
    /// Offset of the first byte.
    package var start: Int32
    /// Number of bytes.
    package var count: Int32

    /// Nothing, at the head's first byte.
    package init() {
        start = 0
        count = 0
    }

    /// Heads never exceed `HeadLimits.largest` bytes, so that offsets fit.
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.count = Int32(truncatingIfNeeded: end &- start)
    }

    /// The part of this range at `inner`, which counts from its start.
    package func part(_ inner: Range<Int>) -> ByteRange {
        ByteRange(lowerBound &+ inner.lowerBound, lowerBound &+ min(inner.upperBound, Int(count)))
    }

    /// Whether there are no bytes.
    @inline(__always) package var isEmpty: Bool { count == 0 }
    /// Offset of the first byte.
    @inline(__always) package var lowerBound: Int { Int(start) }
    /// Offset behind the last byte.
    @inline(__always) package var upperBound: Int { Int(start) &+ Int(count) }
    /// The same as a range: `bytes.extracting(field.value.range)`.
    @inline(__always) package var range: Range<Int> { lowerBound..<upperBound }
}
