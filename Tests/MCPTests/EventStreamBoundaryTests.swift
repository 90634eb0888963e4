import Testing

@testable import MCP

@Suite struct EventStreamBoundaryTests {
    private func isBetween(_ reads: [[UInt8]]) -> Bool {
        var boundary = EventStreamBoundary()
        for read in reads { boundary.feed(read.span) }
        return boundary.isBetweenEvents
    }

    /// Byte by byte, as the definition says: lines end in CR, LF or CRLF, an empty one ends the event.
    private func reference(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0 }
        var line = ""
        var between = true
        var i = 0
        while i < text.count {
            if text[i] == "\r" || text[i] == "\n" {
                if text[i] == "\r", i + 1 < text.count, text[i + 1] == "\n" { i += 1 }
                between = line.isEmpty
                line = ""
            } else {
                line.unicodeScalars.append(text[i])
                between = false
            }
            i += 1
        }
        return between
    }

    @Test(arguments: [
        ("", true), ("d", false), ("data: x", false), ("data: x\n", false), ("data: x\n\n", true),
        ("data: x\r\n", false),
        ("data: x\r\n\r\n", true), ("data: x\r", false), ("data: x\r\r", true), ("data: x\n\r", true),
        ("data: x\r\n\r", true),
        (":\n\n", true), (":\n", false), ("\n", true), ("\r\n", true), ("\n\n\n", true), ("a\n\nb", false),
        ("a\n\nb\n\n", true),
        ("data: a\ndata: b\n", false), ("\u{feff}data: x\n\n", true), ("\u{feff}", false),
    ])
    func knows(_ text: String, _ between: Bool) {
        #expect(isBetween([Array(text.utf8)]) == between)
        #expect(isBetween(text.utf8.map { [$0] }) == between)
        #expect(isBetween([Array(text.utf8), []]) == between)
    }

    /// Every text of seven of these bytes, cut in two at every place.
    @Test func doesNotDependOnTheCuts() {
        var text = [UInt8](repeating: 0, count: 7)
        let alphabet: [UInt8] = [0x61, 0x0a, 0x0d]
        for number in 0..<2187 {
            var rest = number
            for i in 0..<7 {
                text[i] = alphabet[rest % 3]
                rest /= 3
            }
            let expected = reference(text)
            let agree = (0...7).allSatisfy { isBetween([Array(text[..<$0]), Array(text[$0...])]) == expected }
            #expect(agree, "\(text)")
        }
    }
}
