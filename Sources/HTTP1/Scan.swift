/// Searches in bytes, 64 or 16 at a time. The loads are marked unsafe for reinterpreting bytes as vectors;
/// each of them still checks its bounds, and none is made beyond `end`.
extension Span where Element == UInt8 {
    @inline(__always)
    private func vector(at offset: Int) -> SIMD16<UInt8> {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// Eight bytes as they lie in memory, first byte lowest. The caller has checked that they exist.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Up to eight bytes as one word, zero above them.
    @inline(__always)
    func word(at offset: Int, count length: Int) -> UInt64 {
        if offset &+ 8 <= count {
            return length >= 8 ? word(at: offset) : word(at: offset) & ((1 &<< UInt64(length &* 8)) &- 1)
        }
        var result: UInt64 = 0
        for i in 0..<Swift.min(length, 8) where offset &+ i < count {
            result |= UInt64(self[offset &+ i]) &<< UInt64(i &* 8)
        }
        return result
    }

    /// The offset of the first byte in `start..<end` that no field value may hold (`Octet.isControl`), else `end`.
    ///
    /// The line end is such a byte, so one pass finds the end of a field and validates it.
    @inline(__always)
    func firstControl(from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 16 <= end {
            let marks = Marks(controlsIn: vector(at: offset))
            if !marks.isEmpty { return offset &+ marks.first }
            offset &+= 16
            // Most values end before this; one that does not is likely a long one.
            if offset &- start == 48 { offset = behindPrintable(from: offset, to: end) }
        }
        while offset < end && !Octet.isControl(self[offset]) { offset &+= 1 }
        return offset
    }

    /// Passes printable bytes, 64 at a time.
    @inline(__always)
    private func behindPrintable(from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 64 <= end {
            let a = Marks(unprintableIn: vector(at: offset))
            let b = Marks(unprintableIn: vector(at: offset &+ 16))
            let c = Marks(unprintableIn: vector(at: offset &+ 32))
            let d = Marks(unprintableIn: vector(at: offset &+ 48))
            guard (a | b | c | d).isEmpty else { break }
            offset &+= 64
        }
        return offset
    }

    /// The offset of the first byte in `start..<end` that is no `tchar`, else `end`.
    @inline(__always)
    func tokenEnd(from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 16 <= end {
            let marks = Marks(rareInNames: vector(at: offset))
            if !marks.isEmpty {
                offset &+= marks.first
                break
            }
            offset &+= 16
        }
        // Ends at once behind an ordinary name; goes byte by byte through one with `_`, `.` and the like.
        while offset < end && Octet.isToken(self[offset]) { offset &+= 1 }
        return offset
    }

    /// Whether there is a `_` in `start..<end`.
    @inline(__always)
    func hasUnderscore(from start: Int, to end: Int) -> Bool {
        var offset = start
        while offset < end {
            // Beyond the end there are zeros, which are no `_`. A byte that is becomes zero, and only where some
            // byte is zero does the subtraction borrow into a top bit that was clear.
            let word = word(at: offset, count: end &- offset) ^ 0x5F5F_5F5F_5F5F_5F5F
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return true }
            offset &+= 8
        }
        return false
    }

    /// Whether `range` holds `text`, ASCII letters compared without case. `text` is in lower case.
    func equals(_ range: Range<Int>, lowercase text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= count else { return false }
        // The text lives as long as the program, and `i` stays below its length.
        for i in 0..<range.count {
            let expected = unsafe text.utf8Start[i]
            guard Octet.lowercased(self[range.lowerBound &+ i]) == expected else { return false }
        }
        return true
    }

    /// Whether two ranges hold the same, ASCII letters compared without case.
    func equals(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
        guard a.count == b.count, Swift.max(a.upperBound, b.upperBound) <= count else { return false }
        for i in 0..<a.count {
            let left = Octet.lowercased(self[a.lowerBound &+ i])
            guard left == Octet.lowercased(self[b.lowerBound &+ i]) else { return false }
        }
        return true
    }

    /// `range` without the blanks at both ends (OWS).
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end && Octet.isBlank(self[start]) { start &+= 1 }
        while end > start && Octet.isBlank(self[end &- 1]) { end &-= 1 }
        return start..<end
    }
}

/// Which of 16 bytes fit a description: a marked byte has its top bit set.
///
/// Made with additions on bytes, since Swift 6.3 compiles the comparisons of vectors to loops over their lanes.
/// With 7-bit `x`, the top bit of `x + (0x80 - n)` tells whether `x >= n`.
private struct Marks {
    private var bits: SIMD16<UInt8>

    /// Marks all but 0x20 to 0x7E: what a scan need not look at again.
    @inline(__always)
    init(unprintableIn bytes: SIMD16<UInt8>) { bits = (bytes &- 0x20) | (bytes &+ 1) }

    /// Marks what `Octet.isControl` is true for.
    @inline(__always)
    init(controlsIn bytes: SIMD16<UInt8>) {
        let low = bytes & 0x7F
        let fromSpace = low &+ 0x60
        let delete = low &+ 1
        let offTab = bytes ^ Octet.tab
        let notTab = (offTab & 0x7F) &+ 0x7F
        bits = ((fromSpace ^ 0x80) | delete) & notTab & (bytes ^ 0x80)
    }

    /// Marks all but letters, digits and `-`.
    @inline(__always)
    init(rareInNames bytes: SIMD16<UInt8>) {
        let low = bytes & 0x7F
        let lower = low | 0x20
        let letter = (lower &+ 0x1F) & ((lower &+ 0x05) ^ 0x80)
        let digit = (low &+ 0x50) & ((low &+ 0x46) ^ 0x80)
        let notDash = (low ^ 0x2D) &+ 0x7F
        bits = (((letter | digit) ^ 0x80) & notDash) | bytes
    }

    @inline(__always)
    static func | (a: Marks, b: Marks) -> Marks {
        var result = a
        result.bits |= b.bits
        return result
    }

    /// Both are sixteen bytes without padding; the type of the words is the only one Swift takes apart cheaply.
    @inline(__always)
    private var words: SIMD2<UInt64> { unsafe unsafeBitCast(bits & 0x80, to: SIMD2<UInt64>.self) }

    @inline(__always)
    var isEmpty: Bool {
        let words = self.words
        return words[0] | words[1] == 0
    }

    /// The index of the first marked byte; 16 when none is.
    @inline(__always)
    var first: Int {
        let words = self.words
        return words[0] != 0
            ? UInt64(littleEndian: words[0]).trailingZeroBitCount &>> 3
            : 8 &+ UInt64(littleEndian: words[1]).trailingZeroBitCount &>> 3
    }
}
