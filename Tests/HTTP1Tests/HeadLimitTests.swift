import HTTP1
import Testing

/// Sizes (RFC 9110 §5.4): at the limit a head passes, beyond it all of it is refused, never a part dropped.
struct HeadLimitTests {
    static let input = "GET /12345 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n"

    @Test func limitsTheHead() {
        let size = Self.input.utf8.count
        #expect(request(Self.input, HeadLimits(bytes: size)).head != nil)
        #expect(request(Self.input, HeadLimits(bytes: size - 1)).fault == .tooLarge)
        #expect(request(String(Self.input.dropLast(2)), HeadLimits(bytes: size)).isIncomplete)
        #expect(request(Self.input, HeadLimits(bytes: 0)).fault == .targetTooLong)
        #expect(response(ok("A: b\r\n"), HeadLimits(bytes: 20)).fault == .tooLarge)
    }

    @Test func limitsTheFields() {
        #expect(request(Self.input, HeadLimits(fields: 2)).head != nil)
        #expect(request(Self.input, HeadLimits(fields: 1)).fault == .tooManyFields)
        #expect(request(post(String(repeating: "A: b\r\n", count: 255))).head?.fields.count == 256)
        #expect(request(post(String(repeating: "A: b\r\n", count: 256))).fault == .tooManyFields)
    }

    @Test func limitsTheTarget() {
        #expect(request(Self.input, HeadLimits(targetBytes: 6)).head != nil)
        #expect(request(Self.input, HeadLimits(targetBytes: 5)).fault == .targetTooLong)
        let endless = "GET /" + String(repeating: "a", count: 70_000)
        #expect(request(endless).fault == .targetTooLong)
    }

    /// An endless header is refused once the limit is full, though its line never ends.
    @Test func refusesAnEndlessHeader() {
        #expect(request("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 70_000)).fault == .tooLarge)
    }

    @Test func answersByFault() {
        #expect(HeadFault.tooLarge.status == 431)
        #expect(HeadFault.targetTooLong.status == 431)
        #expect(HeadFault.targetTooLong.reason == .headerTooLarge)
        #expect(HeadFault.unsupportedVersion.status == 505)
        #expect(HeadFault.unknownTransferCoding.status == 501)
        #expect(HeadFault.unknownExpectation.status == 417)
        #expect(HeadFault.missingHost.status == 400)
        for fault in HeadFault.allCases where fault.status == 431 { #expect(fault.reason == .headerTooLarge) }
        for fault in HeadFault.allCases where fault.status == 400 { #expect(fault.reason == .badRequest) }
    }
}
