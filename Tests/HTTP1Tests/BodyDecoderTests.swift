import Bytes
import HTTP1
import Testing

/// Bodies by clause. That every cut of an input gives the same is a law (`LawTests`).
struct BodyDecoderTests {
    /// What decoding `input` in one piece gives: payload and rest, or the fault.
    enum Result: Equatable, Sendable {
        case complete(String, rest: String)
        case unfinished(String)
        case fault(BodyFault)
    }

    static func decode(_ input: String, _ framing: BodyFraming) -> Result {
        let bytes = wire(input)
        var decoder = BodyDecoder(framing)
        var payload: [UInt8] = []
        var offset = 0
        do throws(BodyFault) {
            while true {
                let part = try decoder.decode(bytes.span.extracting(offset...))
                payload += bytes.dropFirst(offset + part.payload.lowerBound).prefix(part.payload.count)
                offset += part.consumed
                if part.isComplete { return .complete(text(payload), rest: text(bytes.dropFirst(offset))) }
                if part.consumed == 0 { return .unfinished(text(payload)) }
            }
        } catch { return .fault(error) }
    }

    /// Who relays it must not lose what came before the fault only because both came in one read.
    @Test(arguments: ["3\r\nabc\r\nzz", "3\r\nabcx", "3\r\nabc\r\n2;\n"]) func dataBeforeAFaultIsTaken(_ input: String)
        throws
    {
        let bytes = wire(input)
        var decoder = BodyDecoder(.chunked)
        let part = try decoder.decode(bytes.span)
        #expect(text(bytes[part.payload]) == "abc")
        #expect(throws: BodyFault.self) { try decoder.decode(bytes.span.extracting(part.consumed...)) }
    }

    @Test(arguments: [
        Row("9112 §7.1", "two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Result.complete("abcde", rest: "")),
        Row("9112 §7.1", "the next message behind", "0\r\n\r\nGET", .complete("", rest: "GET")),
        Row(
            "9112 §7.1", "capital and small digits", "aA\r\n\(String(repeating: "x", count: 170))\r\n0\r\n\r\n",
            .complete(String(repeating: "x", count: 170), rest: "")),
        Row("9112 §7.1", "leading zeros", "0003\r\nabc\r\n000\r\n\r\n", .complete("abc", rest: "")),
        Row(
            "9112 §7.1", "data that looks like framing", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", .complete("0\r\n\r\n", rest: "")
        ),
        Row("9112 §7.1", "no last chunk", "3\r\nabc\r\n", .unfinished("abc")),
        Row("9112 §7.1", "half a chunk", "5\r\nab", .unfinished("ab")),
        Row("9112 §7.1", "no digits", "\r\n\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "a sign", "+3\r\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "a prefix", "0x3\r\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "a blank before the size", " 3\r\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "an underscore", "1_0\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "bare LF behind the size", "3\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "bare CR behind the size", "3\rabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "CR CR LF behind the size", "3\r\r\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "15 digits", "fffffffffffffff\r\nab", .unfinished("ab")),
        Row("9112 §7.1", "16 digits", "1000000000000000\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "17 digits that wrap to 3", "10000000000000003\r\nabc\r\n", .fault(.malformedChunkSize)),
        Row("9112 §7.1", "more data than announced", "3\r\nabcd\r\n", .fault(.malformedChunkEnd)),
        Row("9112 §7.1", "bare LF behind the data", "3\r\nabc\n0\r\n\r\n", .fault(.malformedChunkEnd)),
        Row("9112 §7.1", "CR and more behind the data", "3\r\nabc\rx", .fault(.malformedChunkEnd)),
    ])
    func decodesChunks(row: Row<Result>) {
        #expect(Self.decode(row.input, .chunked) == row.expected)
    }

    @Test(arguments: [
        ";a", ";a=b", " ;\ta = b", ";a;b=c;d", ";a=\"b ;\\\"c\"", ";a=\"\u{E4}\" ;b", ";a ;b", ";a=b ;c=d",
    ])
    func passesExtensions(text: String) {
        #expect(Self.decode("3\(text)\r\nabc\r\n0\(text)\r\n\r\n", .chunked) == .complete("abc", rest: ""))
    }

    @Test(arguments: [
        ";", "; ", ";=b", ";a=", ";a=\"b", ";a\nb", ";a\n", ";a=\"\n\"", ";a=\"b\"c", ";a b", ";a=b c", " ", "\t", " x",
        ";a\0", ";a=\"\r\n\"", ";a=\"\\", ";a;", ";a=b;", ";a ", ";a=b ",
    ])
    func refusesExtensions(text: String) {
        #expect(Self.decode("3\(text)\r\nabc\r\n", .chunked) == .fault(.malformedChunkExtension))
    }

    @Test func boundsExtensionsByTheDataTheyComeWith() {
        let long = ";a=" + String(repeating: "b", count: 4090)
        #expect(Self.decode("1\(long)\r\na\r\n0\r\n\r\n", .chunked) == .complete("a", rest: ""))
        #expect(Self.decode("1\(long)bbbb\r\na\r\n", .chunked) == .fault(.chunkExtensionsTooLarge))
        let wasteful = String(repeating: "1;abcdefgh\r\na\r\n", count: 1000)
        #expect(Self.decode(wasteful, .chunked) == .fault(.chunkExtensionsTooLarge))
        let fair = String(repeating: "8;abcdefgh\r\n12345678\r\n", count: 1000)
        #expect(Self.decode(fair, .chunked) == .unfinished(String(repeating: "12345678", count: 1000)))
    }

    @Test(arguments: [
        Row("9112 §7.1.2", "dropped", "0\r\nA: b\r\nAuthorization:\tc \r\n\r\nrest", Result.complete("", rest: "rest")),
        Row("9112 §7.1.2", "unfinished", "0\r\nA: b\r\n", .unfinished("")),
        Row("9112 §7.1.2", "folded", "0\r\nA: b\r\n c\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "no colon", "0\r\nAb\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "no name", "0\r\n: b\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "a blank before the colon", "0\r\nA : b\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "bare LF", "0\r\nA: b\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "bare LF as the end", "0\r\n\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "bare CR", "0\r\nA: b\rc\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "bare CR as the end", "0\r\n\rG", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "NUL", "0\r\nA: \0\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "a request for a trailer", "0\r\nGET / HTTP/1.1\r\n\r\n", .fault(.malformedTrailer)),
        Row("9112 §7.1.2", "endless", "0\r\n" + String(repeating: "A: b\r\n", count: 2000), .fault(.trailersTooLarge)),
    ])
    func decodesTrailers(row: Row<Result>) {
        #expect(Self.decode(row.input, .chunked) == row.expected)
    }

    @Test func decodesTheOtherFramings() {
        #expect(Self.decode("abcde", .length(3)) == .complete("abc", rest: "de"))
        #expect(Self.decode("ab", .length(3)) == .unfinished("ab"))
        #expect(Self.decode("ab", .length(0)) == .complete("", rest: "ab"))
        #expect(Self.decode("ab", .none) == .complete("", rest: "ab"))
        #expect(Self.decode("ab", .untilClose) == .unfinished("ab"))
        #expect(Self.decode("ab", .length(.max)) == .unfinished("ab"))
    }

    @Test(arguments: [BodyFraming.length(3), .chunked])
    func endsOnlyWhereTheFramingSaysSo(framing: BodyFraming) {
        var decoder = BodyDecoder(framing)
        #expect(throws: BodyFault.truncated) { try decoder.end() }
        #expect(!decoder.isComplete)
    }

    @Test(arguments: [BodyFraming.none, .length(0), .untilClose])
    func endsWithItsConnection(framing: BodyFraming) throws {
        var decoder = BodyDecoder(framing)
        #expect(decoder.isComplete == (framing != .untilClose))
        try decoder.end()
        #expect(decoder.isComplete)
    }

    /// A response that stops inside a chunk, behind one, or before its trailers' end is no complete one.
    @Test(arguments: ["", "3", "3\r\nab", "3\r\nabc", "3\r\nabc\r\n", "0\r\n", "0\r\n\r", "0\r\nA: b\r\n"])
    func noticesTruncation(input: String) throws {
        var decoder = BodyDecoder(.chunked)
        let bytes = wire(input)
        let part = try decoder.decode(bytes.span)
        #expect(part.consumed == bytes.count)
        #expect(throws: BodyFault.truncated) { try decoder.end() }
    }

    /// One read with a whole chunked body in it takes one step.
    @Test func takesFramingAroundTheDataInOneStep() throws {
        var decoder = BodyDecoder(.chunked)
        let bytes = wire("3\r\nabc\r\n0\r\n\r\nGET")
        let part = try decoder.decode(bytes.span)
        #expect(part.consumed == 13)
        #expect(part.payload == 3..<6)
        #expect(part.isComplete)
        let behind = try decoder.decode(bytes.span)
        #expect(behind.consumed == 0)
        #expect(behind.payload.isEmpty)
        #expect(behind.isComplete)
    }

    @Test func answersByFault() {
        #expect(BodyFault.malformedChunkSize.status == 400)
        #expect(BodyFault.malformedChunkSize.reason == .badRequest)
        #expect(BodyFault.trailersTooLarge.status == 431)
        #expect(BodyFault.trailersTooLarge.reason == .headerTooLarge)
    }
}
