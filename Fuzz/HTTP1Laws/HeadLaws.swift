import Bytes
import HTTP1

/// Everything that a parse tells, for comparing two of them.
enum HeadOutcome: Equatable {
    case incomplete
    case fault(HeadFault)
    case request(
        Method, [ByteRange], TargetForm, UInt8, BodyFraming, keepAlive: Bool, expects: Bool, Int, [FieldLine])
    case response(UInt16, UInt8, BodyFraming, keepAlive: Bool, UInt32?, isEventStream: Bool, Int, [FieldLine])

    init(_ head: RequestHead) {
        let absent = ByteRange()
        self = .request(
            head.method, [head.methodRange, head.target, head.path, head.query ?? absent, head.host], head.form,
            head.minorVersion, head.framing, keepAlive: head.keepAlive, expects: head.expectsContinue,
            head.byteCount, Array(head.fields))
    }

    init(_ head: ResponseHead) {
        self = .response(
            head.status, head.minorVersion, head.framing, keepAlive: head.keepAlive, head.keepAliveTimeout,
            isEventStream: head.isEventStream, head.byteCount, Array(head.fields))
    }
}

/// The laws of heads.
struct HeadLaws {
    let limits: HeadLimits
    let splits: Int

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        if let broken = arrival(bytes, request) ?? arrival(bytes, response(to: .post)) { return broken }
        return responseToHead(bytes) ?? forwarding(bytes)
    }

    /// A head gives the same answer in one piece, in two, and byte by byte.
    private func arrival(_ bytes: [UInt8], _ parse: (Span<UInt8>, inout Int) -> HeadOutcome) -> StaticString? {
        var scanned = 0
        let whole = parse(bytes.span, &scanned)
        for cut in HTTP1Laws.cuts(bytes.count, splits) {
            var scanned = 0
            let first = parse(bytes.span.extracting(..<cut), &scanned)
            if first != .incomplete, first != whole { return "a split head's beginning gives another answer" }
            if first == .incomplete, parse(bytes.span, &scanned) != whole { return "a split head gives another answer" }
        }
        return byteByByte(bytes, parse) == whole ? nil : "a head byte by byte gives another answer"
    }

    private func byteByByte(_ bytes: [UInt8], _ parse: (Span<UInt8>, inout Int) -> HeadOutcome) -> HeadOutcome {
        var scanned = 0
        for count in 0..<bytes.count {
            let outcome = parse(bytes.span.extracting(..<count), &scanned)
            if outcome != .incomplete { return outcome }
        }
        return parse(bytes.span, &scanned)
    }

    /// A HEAD is answered without a body, and differs in nothing else.
    private func responseToHead(_ bytes: [UInt8]) -> StaticString? {
        var scanned = 0
        guard case .response(_, _, let framing, _, _, _, _, _) = response(to: .head)(bytes.span, &scanned) else {
            return nil
        }
        return framing == .none ? nil : "a HEAD's response has a body"
    }

    /// What is forwarded is a sound field section, holds nothing that ends here, and is forwarded again unchanged.
    private func forwarding(_ bytes: [UInt8]) -> StaticString? {
        var scanned = 0
        guard let head = try? RequestHead.parse(bytes.span, limits: limits, scanned: &scanned) else { return nil }
        let once = ForwardedHead(head, from: bytes)
        var limits = limits
        limits.bytes = bytes.count + 100
        limits.fields = head.fields.count + 1
        scanned = 0
        guard let again = try? RequestHead.parse(once.bytes.span, limits: limits, scanned: &scanned) else {
            return "a forwarded head is refused"
        }
        for row in FieldPolicy.table where row.request != .forward && row.id != .host {
            if again.first(row.id) != nil { return "a held field is forwarded" }
        }
        return ForwardedHead(again, from: once.bytes).bytes == once.bytes ? nil : "forwarding twice changes the head"
    }

    private func request(_ bytes: Span<UInt8>, _ scanned: inout Int) -> HeadOutcome {
        do throws(HeadFault) {
            guard let head = try RequestHead.parse(bytes, limits: limits, scanned: &scanned) else {
                return .incomplete
            }
            return HeadOutcome(head)
        } catch { return .fault(error) }
    }

    private func response(to method: Method) -> (Span<UInt8>, inout Int) -> HeadOutcome {
        { bytes, scanned in
            do throws(HeadFault) {
                let head = try ResponseHead.parse(bytes, answering: method, limits: limits, scanned: &scanned)
                guard let head else { return .incomplete }
                return HeadOutcome(head)
            } catch { return .fault(error) }
        }
    }
}

/// A head's forwardable lines behind a start line and a host of ours.
private struct ForwardedHead {
    let bytes: [UInt8]

    init(_ head: RequestHead, from source: [UInt8]) {
        let out = ByteBuffer()
        out.append("POST / HTTP/1.1\r\nHost: a\r\n")
        head.appendForwardable(from: source.span, to: out)
        out.append("\r\n")
        bytes = out.bytes
    }
}
