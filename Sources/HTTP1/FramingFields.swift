/// Content-Length and Transfer-Encoding (RFC 9112 §6). Two readers of one message that disagree about its end
/// let an attacker put a request into another user's connection, so whatever two readers might take
/// differently is refused, even where the RFC would let us choose.
extension FieldSection {
    /// What the two fields say together; nil when neither is there.
    func framing(_ bytes: Span<UInt8>, minorVersion: UInt8) throws(HeadFault) -> BodyFraming? {
        let hasLength = present.contains(.contentLength)
        guard present.contains(.transferEncoding) else {
            return hasLength ? .length(try contentLength(bytes)) : nil
        }
        guard minorVersion > 0 else { throw .transferEncodingBefore11 }
        guard !hasLength else { throw .lengthAndCoding }
        try requireChunkedAlone(bytes)
        return .chunked
    }

    /// `1*DIGIT`, once (RFC 9112 §6.3 item 5 would let equal ones pass).
    private func contentLength(_ bytes: Span<UInt8>) throws(HeadFault) -> UInt64 {
        guard !repeated.contains(.contentLength) else { throw .repeatedContentLength }
        // 18 digits stay below 2^63, so that sums of sizes cannot overflow anywhere behind us.
        guard let value = first(.contentLength)?.value, 1...18 ~= value.count else { throw .malformedContentLength }
        var length: UInt64 = 0
        for offset in value.range {
            guard Octet.isDigit(bytes[offset]) else { throw .malformedContentLength }
            length = length &* 10 &+ UInt64(bytes[offset] &- 0x30)
        }
        return length
    }

    /// Exactly `chunked`. A last coding that is not `chunked` leaves a request without an end (RFC 9112 §6.3
    /// item 4); a coding before it is one that we do not implement (§6.1).
    private func requireChunkedAlone(_ bytes: Span<UInt8>) throws(HeadFault) {
        var codings = 0
        var chunked = 0
        var endsChunked = false
        for line in lines where line.id == .transferEncoding {
            var list = ElementList(line.value)
            while let coding = list.element(bytes) {
                guard !coding.isEmpty else { throw .malformedTransferEncoding }
                endsChunked = bytes.equals(coding, lowercase: "chunked")
                chunked &+= endsChunked ? 1 : 0
                codings &+= 1
            }
        }
        guard endsChunked, chunked == 1 else { throw .malformedTransferEncoding }
        guard codings == 1 else { throw .unknownTransferCoding }
    }
}
