extension RequestHead {
    /// Whether the value of `line` stands elsewhere in the head too: in the target or in another field. A user's
    /// token that came twice would go upstream by its second way.
    ///
    /// Values shorter than 16 bytes are taken for no secret, as they turn up by chance.
    /// - Parameters:
    ///   - secret: the part of the line's value to look for, such as the token behind `Bearer `.
    ///   - bytes: those that the head was parsed from.
    package func repeats(_ secret: ByteRange, of line: FieldLine, in bytes: Span<UInt8>) -> Bool {
        guard byteCount <= bytes.count, secret.count >= 16, secret.lowerBound >= line.value.lowerBound,
            secret.upperBound <= line.value.upperBound
        else { return false }
        return bytes.contains(secret.range, from: 0, to: line.name.lowerBound)
            || bytes.contains(secret.range, from: line.value.upperBound, to: byteCount)
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes of `needle`, eight or more, stand in `start..<end` too.
    fileprivate func contains(_ needle: Range<Int>, from start: Int, to end: Int) -> Bool {
        let first = word(at: needle.lowerBound)
        var offset = start
        while offset &+ needle.count <= end {
            if word(at: offset) == first, isEqual(needle, at: offset) { return true }
            offset &+= 1
        }
        return false
    }

    private func isEqual(_ range: Range<Int>, at offset: Int) -> Bool {
        for i in 0..<range.count where self[range.lowerBound &+ i] != self[offset &+ i] { return false }
        return true
    }
}
