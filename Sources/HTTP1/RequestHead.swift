/// The head of a request (RFC 9112 §2, §3, §5), as ranges of the buffer it lies in.
///
/// A value of this type is unambiguous: it has one framing, one valid host, no folded line, no control byte.
package struct RequestHead: Sendable {
    package let method: Method
    /// The method's bytes, for `Method.other`.
    package let methodRange: ByteRange
    /// The target as sent.
    package let target: ByteRange
    package let form: TargetForm
    /// The path as sent, nothing decoded. Empty for `http://host`, which means `/`, and for the forms without one.
    package let path: ByteRange
    /// What follows the `?`, if there is one.
    package let query: ByteRange?
    /// Of the host the request is for: the target's authority if it has one, else `Host` (RFC 9112 §3.2.2).
    /// Empty only in HTTP/1.0.
    package let host: ByteRange
    /// 0 or 1; a later one is 1.
    package let minorVersion: UInt8
    package let framing: BodyFraming
    /// Whether the client lets the connection live on. Never with HTTP/1.0, whose clients are answered and closed.
    package let keepAlive: Bool
    /// Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// Bytes from the first empty line before the head to the end of the empty line behind it.
    package let byteCount: Int
    private(set) var section: FieldSection
    let options: ConnectionOptions

    /// Forgets the field lines, once the bytes they point into are gone: an event stream lives for hours, and its
    /// head would be held all the while.
    package mutating func forgetFields() { section = FieldSection(reserving: 0) }

    /// The field lines in order.
    package var fields: ContiguousArray<FieldLine> { section.lines }

    /// The first field line with this id.
    package func first(_ id: FieldID) -> FieldLine? { section.first(id) }

    /// How many field lines have this id.
    package func count(of id: FieldID) -> Int { section.count(of: id) }

    /// Reads the head at the front of `bytes`; what lies behind it is left alone.
    ///
    /// - Parameter scanned: 0 for a new head; kept by the caller for the next call with more bytes, so that a
    ///   head which arrives byte by byte is not searched from its start each time. 0 again after a head.
    /// - Returns: nil while the head is incomplete.
    /// - Throws: the first fault; the same for the whole head as for one that arrives in parts.
    package static func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits, scanned: inout Int
    ) throws(HeadFault) -> RequestHead? {
        guard HeadReader.isWorthwhile(bytes, limits, searched: &scanned) else { return nil }
        var reader = HeadReader(bytes, limits)
        let line = try reader.startLine(bytes)
        if let line {
            let start = try RequestLine(bytes, line, limits)
            let target = try RequestTarget(bytes, start.target, method: start.method)
            if let section = try reader.fields(bytes, limits) {
                scanned = 0
                return try RequestHead(bytes, line.lowerBound, start, target, section, reader.position, limits)
            }
        }
        if let fault = reader.oversize(limits, inStartLine: line == nil) { throw fault }
        scanned = reader.searched
        return nil
    }

    @inline(__always)
    private init(
        _ bytes: Span<UInt8>, _ start: Int, _ line: RequestLine, _ target: RequestTarget, _ section: FieldSection,
        _ end: Int, _ limits: HeadLimits
    ) throws(HeadFault) {
        method = line.method
        methodRange = ByteRange(start, line.methodEnd)
        self.target = ByteRange(line.target.lowerBound, line.target.upperBound)
        form = target.form
        path = target.path
        query = target.query
        minorVersion = line.minorVersion
        byteCount = end
        framing = try section.framing(bytes, minorVersion: line.minorVersion) ?? .none
        let named = try section.host(bytes, minorVersion: line.minorVersion)
        host = target.authority.isEmpty ? named : target.authority
        options = try ConnectionOptions(section, bytes)
        keepAlive = line.minorVersion > 0 && !options.closes
        let expects = try section.expectsContinue(bytes)
        expectsContinue = expects && line.minorVersion > 0 && framing != .none
        if limits.refusesOwnVia { try section.refuseLoop(bytes) }
        self.section = section
    }
}

/// What only requests have.
extension FieldSection {
    /// RFC 9112 §3.2: exactly one valid `Host`, which only HTTP/1.0 may leave out.
    @inline(__always)
    fileprivate func host(_ bytes: Span<UInt8>, minorVersion: UInt8) throws(HeadFault) -> ByteRange {
        guard let line = first(.host) else {
            guard minorVersion == 0 else { throw .missingHost }
            return ByteRange()
        }
        guard !repeated.contains(.host) else { throw .repeatedHost }
        guard Authority.isValid(bytes, line.value.range) else { throw .malformedHost }
        return line.value
    }

    /// RFC 9110 §10.1.1: `100-continue` is the only expectation there is.
    fileprivate func expectsContinue(_ bytes: Span<UInt8>) throws(HeadFault) -> Bool {
        guard let line = first(.expect) else { return false }
        guard !repeated.contains(.expect), bytes.equals(line.value.range, lowercase: "100-continue") else {
            throw .unknownExpectation
        }
        return true
    }

    /// RFC 9110 §7.6.3: a request that we have forwarded before would go round for ever.
    fileprivate func refuseLoop(_ bytes: Span<UInt8>) throws(HeadFault) {
        guard present.contains(.via) else { return }
        for line in lines where line.id == .via {
            guard try !Via.namesUs(bytes, line.value) else { throw .loop }
        }
    }
}
