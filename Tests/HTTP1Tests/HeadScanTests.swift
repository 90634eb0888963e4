import HTTP1
import Testing

/// The searches go 64 and 16 bytes at a time; here every byte stands in and across their steps.
struct HeadScanTests {
    @Test(arguments: 0...255)
    func judgesAByteOfAValue(byte: Int) throws {
        let byte = UInt8(byte)
        let isAllowed = byte == 9 || (byte >= 0x20 && byte != 0x7F)
        for length in [1, 15, 16, 49, 64, 131] {
            for place in stride(from: Int(byte) % min(length, 5), to: length, by: 5) {
                var input = wire("GET / HTTP/1.1\r\nHost: a\r\nB: ") + [UInt8](repeating: 0x61, count: length)
                input[input.count - length + place] = byte
                var scanned = 0
                let head = try? RequestHead.parse(
                    (input + wire("\r\n\r\n")).span, limits: HeadLimits(), scanned: &scanned)
                guard (head?.fields.count == 2) == isAllowed else {
                    Issue.record("byte \(byte) at \(place) of \(length)")
                    return
                }
            }
        }
    }

    @Test(arguments: 0...255)
    func judgesAByteOfAName(byte: Int) {
        let byte = UInt8(byte)
        let isToken = wire("!#$%&'*+-.^_`|~").contains(byte) || byte.isAlphanumeric
        for length in [1, 15, 16, 17, 35] {
            for place in stride(from: Int(byte) % min(length, 3), to: length, by: 3) {
                var name = [UInt8](repeating: 0x61, count: length)
                name[place] = byte
                let input = wire("GET / HTTP/1.1\r\nHost: a\r\n") + name + wire(": b\r\n\r\n")
                var scanned = 0
                let head = try? RequestHead.parse(input.span, limits: HeadLimits(), scanned: &scanned)
                // A colon ends the name early, which is a field too unless nothing stands before it.
                let isField = isToken || (byte == 0x3A && place > 0)
                guard (head?.fields.count == 2) == isField else {
                    Issue.record("byte \(byte) at \(place) of \(length)")
                    return
                }
            }
        }
    }

    /// A head that comes byte by byte is the same head, and nothing is searched twice but at a line's end.
    @Test func remembersHowFarItSearched() throws {
        let input = wire(post("A: \(String(repeating: "a", count: 300))\r\n"))
        var scanned = 0
        for count in 0..<input.count {
            let head = try RequestHead.parse(input.span.extracting(..<count), limits: HeadLimits(), scanned: &scanned)
            #expect(head == nil)
            #expect(scanned >= count - 1 && scanned <= count)
        }
        let head = try RequestHead.parse(input.span, limits: HeadLimits(), scanned: &scanned)
        #expect(head?.byteCount == input.count)
        #expect(scanned == 0)
    }

    @Test(arguments: [
        "", "\r", "\r\n", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r", "GE(T", "G T\r",
    ])
    func waitsForMore(input: String) {
        #expect(request(input).isIncomplete)
    }

    /// Garbage that has no lines is refused at once: a TLS hello on a plain port need not time out.
    @Test func refusesABinaryStart() {
        #expect(request("\u{16}\u{03}\u{01}\u{02}").fault == .controlByte)
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
