import Bytes
import Testing

@testable import MCP

@Suite struct EndpointRewriterTests {
    /// What comes out of the reads, with `<data>` in the place of the endpoint.
    private func rewritten(_ reads: [ArraySlice<UInt8>]) throws(EndpointFault) -> String {
        var rewriter = EndpointRewriter()
        let out = ByteBuffer()
        for read in reads {
            let read = Array(read)
            try rewriter.read(read.span, to: out) { [UInt8(ascii: "<")] + $0 + [UInt8(ascii: ">")] }
        }
        return String(decoding: out.bytes, as: UTF8.self)
    }

    private func rewritten(_ text: String) throws(EndpointFault) -> String { try rewritten([Array(text.utf8)[...]]) }

    static let endings = ["\n", "\r", "\r\n"]
    /// Streams with LF for every line end, and what becomes of them.
    static let streams = [
        ("event: endpoint\ndata: /m\n\n", "event: endpoint\ndata: </m>\n\n"),
        ("event:endpoint\ndata:/m\n\n", "event:endpoint\ndata: </m>\n\n"),
        ("data: /m\nevent: endpoint\n\n", "data: </m>\nevent: endpoint\n\n"),
        ("\u{feff}event: endpoint\ndata: /m\n\n", "\u{feff}event: endpoint\ndata: </m>\n\n"),
        ("\u{feff}data: /m\nevent: endpoint\n\n", "\u{feff}data: </m>\nevent: endpoint\n\n"),
        (": hello\n\nevent: endpoint\ndata: /m\n\n", ": hello\n\nevent: endpoint\ndata: </m>\n\n"),
        (":\nevent: endpoint\n: x\ndata: /m\n: y\n\n", ":\nevent: endpoint\n: x\ndata: </m>\n: y\n\n"),
        ("id: 1\nevent: endpoint\nretry: 5\ndata: /m\nx\n\n", "id: 1\nevent: endpoint\nretry: 5\ndata: </m>\nx\n\n"),
        ("event: endpoint\ndata: /a\ndata:b\ndata\n\n", "event: endpoint\ndata: </a|b|>\n:\n:\n\n"),
        ("event: endpoint\ndata\n\n", "event: endpoint\ndata: <>\n\n"),
        ("event: message\nevent: endpoint\ndata: /m\n\n", "event: message\nevent: endpoint\ndata: </m>\n\n"),
        (
            "data: x\n\nevent: ping\ndata: y\n\nevent: endpoint\ndata: /m\n\n",
            "data: x\n\nevent: ping\ndata: y\n\nevent: endpoint\ndata: </m>\n\n"
        ),
        // An event without data is none, and neither is its type the next one's.
        (
            "event: endpoint\n\ndata: /x\n\nevent: endpoint\ndata: /m\n\n",
            "event: endpoint\n\ndata: /x\n\nevent: endpoint\ndata: </m>\n\n"
        ),
        // Behind it nothing is touched.
        (
            "event: endpoint\ndata: /m\n\ndata: {}\n\n: x\n\ndata: endpoint\n\nevent: endpoints\ndata: /m\n\nevent",
            "event: endpoint\ndata: </m>\n\ndata: {}\n\n: x\n\ndata: endpoint\n\nevent: endpoints\ndata: /m\n\nevent"
        ),
        ("\n\n\nevent: endpoint\ndata: /m\n\n\n\n", "\n\n\nevent: endpoint\ndata: </m>\n\n\n\n"),
    ]

    /// In whatever line ends and in whatever pieces a stream comes, byte by byte among them.
    @Test(arguments: streams, endings)
    func rewrites(_ stream: (String, String), _ ending: String) throws {
        let bytes = Array(stream.0.replacing("\n", with: ending).utf8)
        let expected = stream.1.replacing("\n", with: ending).replacing("|", with: "\n")
        #expect(try rewritten([bytes[...]]) == expected)
        #expect(try rewritten(bytes.indices.map { bytes[$0...$0] }) == expected)
        for cut in bytes.indices {
            #expect(try rewritten([bytes[..<cut], bytes[cut...]]) == expected)
            #expect(try rewritten([bytes[..<cut], [], bytes[cut...]]) == expected)
        }
    }

    @Test(arguments: [
        "data: /m\n\n", "event: message\ndata: /m\n\n", "Event: endpoint\ndata: /m\n\n",
        "event: Endpoint\ndata: /m\n\n",
        "event:  endpoint\ndata: /m\n\n", "event: endpoint \ndata: /m\n\n", " event: endpoint\ndata: /m\n\n",
        "event: endpoint\nevent: message\ndata: /m\n\n", "event: endpoint\nevent\ndata: /m\n\n",
        "\u{feff}\u{feff}event: endpoint\ndata: /m\n\n", "\n\u{feff}event: endpoint\ndata: /m\n\n", ": x\n", "\n", "",
        "event: endpoint\n\n", "eventx: endpoint\ndata: /m\n\n",
    ])
    func leavesEverythingElse(_ stream: String) throws { #expect(try rewritten(stream) == stream) }

    @Test func holdsNoMoreThanItMust() throws {
        var rewriter = EndpointRewriter()
        let out = ByteBuffer()
        var said: [Int] = []
        for piece in [
            ": ping\n", ": ping\r", "\n", "data: x", "\ndata: y\n", "\n", "event: endpoint\n", "data: /m\r", "\r",
            "\nda",
        ] {
            try rewriter.read(Array(piece.utf8).span, to: out) { $0 }
            said.append(out.count)
        }
        #expect(said == [7, 14, 15, 15, 15, 32, 32, 32, 58, 61])
    }

    @Test(arguments: ["event: endpoint\ndata: /m\n", "event: endpoint\ndata: /m", "e"])
    func doesNotEndWithinAnEvent(_ stream: String) throws {
        var rewriter = EndpointRewriter()
        let out = ByteBuffer()
        try rewriter.read(Array(stream.utf8).span, to: out) { $0 }
        #expect(out.isEmpty)
        #expect(throws: EndpointFault.missing) { try rewriter.end() }
    }

    @Test(arguments: [
        "", "data: x\n\n", "event: endpoint\ndata: /m\n\n", "event: endpoint\ndata: /m\n\ndata: x", ": x\r\n",
    ])
    func endsElsewhere(_ stream: String) throws {
        var rewriter = EndpointRewriter()
        try rewriter.read(Array(stream.utf8).span, to: ByteBuffer()) { $0 }
        try rewriter.end()
    }

    @Test func bounds() throws {
        let line = "data: " + String(repeating: "x", count: 8100) + "\n"
        #expect(try rewritten(line + "\n") == line + "\n")
        #expect(throws: EndpointFault.tooLong) { try rewritten(line + line) }
        #expect(throws: EndpointFault.tooLong) { try rewritten(": " + String(repeating: "x", count: 9000)) }
        let pings = String(repeating: ":\n\n", count: 21_000)
        #expect(try rewritten(pings + "event: endpoint\ndata: /m\n\n").hasSuffix("</m>\n\n"))
        #expect(throws: EndpointFault.missing) { try rewritten(pings + pings) }
        // Behind the endpoint nothing is too long.
        let long = "event: endpoint\ndata: /m\n\ndata: " + String(repeating: "x", count: 1 << 20) + "\n\n"
        #expect(try rewritten(long).utf8.count == long.utf8.count + 2)
    }

    @Test(
        arguments: ["event: endpoint\n", "event:endpoint\r", "data: /m\nevent: endpoint\n", "\nevent: endpoint\n"],
        endings)
    func refusesASecondOne(_ second: String, _ ending: String) throws {
        let first = "event: endpoint\ndata: /m\n\ndata: x\n\n".replacing("\n", with: ending)
        let bytes = Array((first + second).utf8)
        for cut in bytes.indices {
            #expect(throws: EndpointFault.repeated) { try rewritten([bytes[..<cut], bytes[cut...]]) }
        }
    }

    @Test func saysWhatIsWrongWithTheEndpoint() throws {
        var rewriter = EndpointRewriter()
        #expect(throws: EndpointFault.anotherOrigin) {
            try rewriter.read(Array("event: endpoint\ndata: /m\n\n".utf8).span, to: ByteBuffer()) {
                _ throws(EndpointFault) in throw .anotherOrigin
            }
        }
    }

    /// Random streams in random pieces: the output is the input but for the first endpoint event's data.
    @Test(arguments: 1...3) func isFaithfulOtherwise(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let words = ["event: endpoint", "event: message", "data: /m", "data", "data:x", ": c", "id: 1", "", "", "x"]
        var found = 0
        for _ in 0..<3000 {
            var text = Bool.random(using: &random) ? "\u{feff}" : ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                text += (words.randomElement(using: &random) ?? "") + (Self.endings.randomElement(using: &random) ?? "")
            }
            let bytes = Array(text.utf8)
            var reads: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                reads.append(rest.prefix(Int.random(in: 1...9, using: &random)))
                rest = rest.dropFirst(reads.last?.count ?? 0)
            }
            guard let whole = try? rewritten([bytes[...]]) else {
                #expect(throws: EndpointFault.repeated) { try rewritten(reads) }
                continue
            }
            #expect(try rewritten(reads) == whole, "\(text.debugDescription)")
            guard let mark = whole.utf8.firstIndex(of: UInt8(ascii: "<")) else {
                // Nothing but a beginning of an event may be missing.
                #expect(text.utf8.starts(with: whole.utf8))
                continue
            }
            found += 1
            #expect(text.utf8.starts(with: whole[..<mark].utf8.dropLast(6)))
            let end = try #require(whole.utf8.firstIndex(of: UInt8(ascii: ">")))
            let tail = whole[end...].dropFirst().split(separator: ":", omittingEmptySubsequences: true).last ?? ""
            #expect(text.hasSuffix(tail))
        }
        #expect(found > 100)
    }
}
