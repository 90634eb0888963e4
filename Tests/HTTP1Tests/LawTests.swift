import FoundationEssentials
import HTTP1
import HTTP1Laws
import Testing

/// Replays the fuzzer's corpus, and every table's input, through the fuzzer's own entry.
struct LawTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpora/http1")

    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: corpus.path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }()

    @Test func hasACorpus() { #expect(Self.files.count >= 20) }

    @Test(arguments: files)
    func holdsForTheCorpus(file: String) throws {
        let input = [UInt8](try Data(contentsOf: Self.corpus.appending(path: file)))
        #expect(HTTP1Laws.firstBroken(by: input.span, splits: 64).map { "\($0)" } == nil)
    }

    @Test(arguments: [
        RefusedRequestTests.lines, RefusedRequestTests.startLines, RefusedRequestTests.hosts,
        RefusedRequestTests.lengths, RefusedRequestTests.codings, RefusedRequestTests.routing,
    ])
    func holdsForEveryRefusedRequest(rows: [Row<HeadFault>]) {
        for row in rows {
            let broken = HTTP1Laws.firstBroken(by: wire(row.input).span, splits: 64)
            #expect(broken == nil, "\(row.testDescription)")
        }
    }

    /// Every cut of whole conversations, heads and bodies in one.
    @Test(arguments: [
        "POST /a?b HTTP/1.1\r\nHost: a\r\nConnection: x-a\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\r\nGET http://a:1/ HTTP/1.0\r\nVia: 1.1 a (b)\r\nX_Y: z\r\nMcp-Session-Id: s\r\n\r\nGET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nKeep-Alive: timeout=5\r\nContent-Length: 3\r\n\r\nabc",
        "5;a=\"b;\\\"\" ;c\r\nhello\r\n1\r\n.\r\n0\r\nA: b\r\nC: d\r\n\r\nnext",
    ])
    func holdsAtEveryCut(input: String) {
        #expect(HTTP1Laws.firstBroken(by: wire(input).span, splits: .max).map { "\($0)" } == nil)
    }
}
