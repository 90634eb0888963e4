/// The head of a response (RFC 9112 §2, §4, §5), as ranges of the buffer it lies in.
package struct ResponseHead: Sendable {
    /// 100 to 599.
    package let status: UInt16
    /// 0 or 1; a later one is 1.
    package let minorVersion: UInt8
    /// How the body ends, given the request's method (RFC 9112 §6.3).
    package let framing: BodyFraming
    /// Whether the connection can carry another request after this response.
    package let keepAlive: Bool
    /// How many seconds the server means to keep an idle connection, by `Keep-Alive: timeout=N`; a hint.
    package let keepAliveTimeout: UInt32?
    /// Whether the content is `text/event-stream`.
    package let isEventStream: Bool
    /// Bytes from the first empty line before the head to the end of the empty line behind it.
    package let byteCount: Int
    private(set) var section: FieldSection
    let options: ConnectionOptions

    /// Forgets the field lines, once the bytes they point into are gone.
    package mutating func forgetFields() { section = FieldSection(reserving: 0) }

    /// The field lines in order.
    package var fields: ContiguousArray<FieldLine> { section.lines }
    /// Whether another head follows for the same request (RFC 9110 §15.2).
    package var isInterim: Bool { status < 200 }
    /// Whether the response sends the client elsewhere (RFC 9110 §15.4); 304 does not, unless it says where to.
    package var isRedirect: Bool { 300...399 ~= status && (status != 304 || count(of: .location) > 0) }

    /// The first field line with this id.
    package func first(_ id: FieldID) -> FieldLine? { section.first(id) }

    /// How many field lines have this id.
    package func count(of id: FieldID) -> Int { section.count(of: id) }

    /// Whether the content is `application/json`.
    /// - Parameter bytes: those that the head was parsed from.
    package func isJSON(_ bytes: Span<UInt8>) -> Bool {
        byteCount <= bytes.count && section.hasMediaType("application/json", bytes)
    }

    /// Reads the head at the front of `bytes`; what lies behind it is left alone.
    ///
    /// - Parameters:
    ///   - method: the request's, as a HEAD is answered without a body.
    ///   - scanned: as for `RequestHead.parse`.
    /// - Returns: nil while the head is incomplete.
    /// - Throws: the first fault. The connection is then useless, and the client's answer is a 502.
    package static func parse(
        _ bytes: Span<UInt8>, answering method: Method, limits: HeadLimits, scanned: inout Int
    ) throws(HeadFault) -> ResponseHead? {
        guard HeadReader.isWorthwhile(bytes, limits, searched: &scanned) else { return nil }
        var reader = HeadReader(bytes, limits)
        if let line = try reader.startLine(bytes) {
            let start = try StatusLine(bytes, line)
            if let section = try reader.fields(bytes, limits) {
                scanned = 0
                return try ResponseHead(bytes, start, section, reader.position, answering: method)
            }
        }
        if let fault = reader.oversize(limits, inStartLine: false) { throw fault }
        scanned = reader.searched
        return nil
    }

    private init(
        _ bytes: Span<UInt8>, _ line: StatusLine, _ section: FieldSection, _ end: Int, answering method: Method
    ) throws(HeadFault) {
        // We never ask for an upgrade (RFC 9110 §7.8).
        guard line.status != 101 else { throw .unexpectedUpgrade }
        status = line.status
        minorVersion = line.minorVersion
        byteCount = end
        let declared = try section.framing(bytes, minorVersion: line.minorVersion)
        let isBodyless = line.status < 200 || line.status == 204
        framing = isBodyless || line.status == 304 || method == .head ? .none : declared ?? .untilClose
        // RFC 9112 §6.3 item 1: no body whatever the fields say; but who says so may send one.
        let isSound = !isBodyless || declared == nil || declared == .length(0)
        // A final head that we would read out of the interim one's body is not the server's answer.
        guard isSound || line.status >= 200 else { throw .framedInterim }
        options = try ConnectionOptions(section, bytes)
        let persists = line.minorVersion > 0 ? !options.closes : options.keepsAlive && !options.closes
        keepAlive = persists && isSound && framing != .untilClose
        keepAliveTimeout = section.keepAliveTimeout(bytes)
        isEventStream = section.hasMediaType("text/event-stream", bytes)
        self.section = section
    }
}

/// What only responses have.
extension FieldSection {
    /// RFC 9110 §8.3.1: the media type, compared without case, whatever its parameters.
    fileprivate func hasMediaType(_ type: StaticString, _ bytes: Span<UInt8>) -> Bool {
        guard let value = first(.contentType)?.value else { return false }
        var end = value.lowerBound
        while end < value.upperBound, bytes[end] != Octet.semicolon { end &+= 1 }
        return bytes.equals(bytes.trimmed(value.lowerBound..<end), lowercase: type)
    }

    /// `timeout=N` of `Keep-Alive` (RFC 2068 §19.7.1); anything unreadable is no hint.
    fileprivate func keepAliveTimeout(_ bytes: Span<UInt8>) -> UInt32? {
        guard let value = first(.keepAlive)?.value else { return nil }
        var list = ElementList(value)
        while let element = list.element(bytes) {
            let digits = element.lowerBound &+ 8
            guard digits < element.upperBound, element.upperBound &- digits <= 6,
                bytes.equals(element.lowerBound..<digits, lowercase: "timeout=")
            else { continue }
            return decimal(bytes, digits..<element.upperBound)
        }
        return nil
    }

    private func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        var value: UInt32 = 0
        for offset in range {
            guard Octet.isDigit(bytes[offset]) else { return nil }
            value = value &* 10 &+ UInt32(bytes[offset] &- 0x30)
        }
        return value
    }
}
