import Bytes
import HTTP1
import Testing

/// Text to bytes, one scalar one byte, so that `"\u{80}"` is the byte 0x80.
func wire(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

func text(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    for byte in bytes { result.unicodeScalars.append(Unicode.Scalar(byte)) }
    return result
}

/// What a parse of a whole input gives.
enum Outcome<Head> {
    case head(Head)
    case incomplete
    case fault(HeadFault)

    var head: Head? { if case .head(let head) = self { head } else { nil } }
    var fault: HeadFault? { if case .fault(let fault) = self { fault } else { nil } }
    var isIncomplete: Bool { if case .incomplete = self { true } else { false } }
}

func request(_ input: String, _ limits: HeadLimits = HeadLimits()) -> Outcome<RequestHead> {
    var scanned = 0
    do throws(HeadFault) {
        guard let head = try RequestHead.parse(wire(input).span, limits: limits, scanned: &scanned) else {
            return .incomplete
        }
        return .head(head)
    } catch { return .fault(error) }
}

func response(
    _ input: String, to method: Method = .post, _ limits: HeadLimits = HeadLimits()
) -> Outcome<ResponseHead> {
    var scanned = 0
    do throws(HeadFault) {
        let head = try ResponseHead.parse(wire(input).span, answering: method, limits: limits, scanned: &scanned)
        guard let head else { return .incomplete }
        return .head(head)
    } catch { return .fault(error) }
}

/// A request with `lines` behind the `Host` line.
func post(_ lines: String) -> String { "POST /tickets HTTP/1.1\r\nHost: a\r\n\(lines)\r\n" }

/// A 200 response with `lines`.
func ok(_ lines: String) -> String { "HTTP/1.1 200 OK\r\n\(lines)\r\n" }

extension ByteRange {
    func text(in input: String) -> String { HTTP1Tests.text(wire(input)[range]) }
}

func forwarded(_ input: String, replacing names: [String] = []) -> String? {
    guard let head = request(input).head else { return nil }
    let out = ByteBuffer()
    head.appendForwardable(from: wire(input).span, to: out, replacing: names.compactMap { FieldName($0) })
    return text(out.bytes)
}

func relayed(_ input: String) -> String? {
    guard let head = response(input).head else { return nil }
    let out = ByteBuffer()
    head.appendForwardable(from: wire(input).span, to: out)
    return text(out.bytes)
}

/// A named row of a table of inputs.
struct Row<Expectation: Sendable>: Sendable, CustomTestStringConvertible {
    let clause: String
    let name: String
    let input: String
    let expected: Expectation
    var testDescription: String { "\(clause): \(name)" }

    init(_ clause: String, _ name: String, _ input: String, _ expected: Expectation) {
        self.clause = clause
        self.name = name
        self.input = input
        self.expected = expected
    }
}
