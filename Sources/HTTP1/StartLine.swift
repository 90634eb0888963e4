/// `HTTP/1.x` (RFC 9112 §2.3).
enum Version {
    /// The minor version at `offset`, where eight bytes lie. A later 1.x is taken as 1.1 (RFC 9110 §2.5).
    /// - Returns: nil for what is no version at all.
    @inline(__always)
    static func minor(_ bytes: Span<UInt8>, at offset: Int) throws(HeadFault) -> UInt8? {
        let word = bytes.word(at: offset)
        // "HTTP/" digit "." digit
        guard word & 0x00FF_00FF_FFFF_FFFF == 0x002E_002F_5054_5448 else { return nil }
        let major = UInt8(truncatingIfNeeded: word &>> 40)
        let minor = UInt8(truncatingIfNeeded: word &>> 56)
        guard Octet.isDigit(major), Octet.isDigit(minor) else { return nil }
        guard major == 0x31 else { throw .unsupportedVersion }
        return min(minor &- 0x30, 1)
    }
}

/// `method SP request-target SP HTTP-version` (RFC 9112 §3): single spaces, nothing before or behind.
struct RequestLine {
    let method: Method
    let methodEnd: Int
    let target: Range<Int>
    let minorVersion: UInt8

    @inline(__always)
    init(_ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: HeadLimits) throws(HeadFault) {
        methodEnd = bytes.tokenEnd(from: line.lowerBound, to: line.upperBound)
        // The shortest line is `M * HTTP/1.1`.
        guard methodEnd > line.lowerBound, methodEnd &+ 10 < line.upperBound, bytes[methodEnd] == Octet.space,
            bytes[line.upperBound &- 9] == Octet.space,
            let minor = try Version.minor(bytes, at: line.upperBound &- 8)
        else { throw .malformedRequestLine }
        minorVersion = minor
        let count = methodEnd &- line.lowerBound
        method = Method(word: bytes.word(at: line.lowerBound, count: count), count: count)
        target = methodEnd &+ 1..<line.upperBound &- 9
        guard target.count <= limits.targetBytes else { throw .targetTooLong }
    }
}

/// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4).
struct StatusLine {
    let status: UInt16
    let minorVersion: UInt8

    /// The space behind the code may be missing where there is no reason, as many servers write it.
    init(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(HeadFault) {
        let code = line.lowerBound &+ 9
        guard line.count >= 12, let minor = try Version.minor(bytes, at: line.lowerBound),
            bytes[code &- 1] == Octet.space, line.count == 12 || bytes[code &+ 3] == Octet.space
        else { throw .malformedStatusLine }
        minorVersion = minor
        var value: UInt16 = 0
        for offset in code..<code &+ 3 {
            guard Octet.isDigit(bytes[offset]) else { throw .malformedStatusLine }
            value = value &* 10 &+ UInt16(bytes[offset] &- 0x30)
        }
        guard 100...599 ~= value else { throw .malformedStatusLine }
        status = value
    }
}
