import HTTP1
import Libevent
import MCP
import Testing

@testable import Proxy

@Suite struct AnswerBodyTests {
    private static func request(_ version: Int) throws -> RequestHead {
        var scanned = 0
        let text = "POST /tickets HTTP/1.\(version)\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        return try #require(try RequestHead.parse(Array(text.utf8).span, limits: HeadLimits(), scanned: &scanned))
    }

    private static func answer(_ head: String, to version: Int) throws -> AnswerBody {
        var scanned = 0
        let text = "HTTP/1.1 \(head)\r\n\r\n"
        let parsed = try ResponseHead.parse(
            Array(text.utf8).span, answering: .post, limits: HeadLimits(), scanned: &scanned)
        return AnswerBody(try #require(parsed), to: try request(version))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let version: Int
        let head: String
        var chunked = false
        var untilClose = false
        var comments = false
        var testDescription: String { "HTTP/1.\(version): \(head)" }

        init(_ version: Int, _ head: String, chunked: Bool = false, untilClose: Bool = false, comments: Bool = false) {
            (self.version, self.head) = (version, head)
            (self.chunked, self.untilClose, self.comments) = (chunked, untilClose, comments)
        }
    }

    static let chunks = "\r\nTransfer-Encoding: chunked"
    static let events = "\r\nContent-Type: text/event-stream; charset=utf-8"
    static let packed = "\r\nContent-Encoding: gzip"

    /// Client's version × the server's framing: RFC 9112 sections 6 and 7, with comments only where they do no harm.
    static let table = [
        Row(1, "204 No"),
        Row(1, "200 OK\r\nContent-Length: 0"),
        Row(1, "200 OK\r\nContent-Length: 7"),
        Row(1, "200 OK" + chunks, chunked: true),
        Row(1, "200 OK", chunked: true),
        Row(0, "204 No"),
        Row(0, "200 OK\r\nContent-Length: 7"),
        Row(0, "200 OK" + chunks, untilClose: true),
        Row(0, "200 OK", untilClose: true),
        Row(1, "200 OK" + chunks + events, chunked: true, comments: true),
        Row(1, "200 OK" + events, chunked: true, comments: true),
        Row(0, "200 OK" + events, untilClose: true, comments: true),
        Row(1, "200 OK\r\nContent-Length: 7" + events),
        Row(1, "204 No" + events),
        Row(1, "200 OK" + chunks + events + packed, chunked: true),
        Row(0, "200 OK" + events + packed, untilClose: true),
        Row(1, "200 OK" + chunks + "\r\nContent-Type: text/event-streamer", chunked: true),
    ]

    @Test(arguments: table) func isFramedForItsClient(_ row: Row) throws {
        let answer = try Self.answer(row.head, to: row.version)
        #expect(answer.isChunked == row.chunked)
        #expect(answer.isUntilClose == row.untilClose)
        #expect(answer.takesComments == row.comments)
        #expect(answer.mayEndEarly == (row.comments && row.chunked))
    }

    @Test func endsEarlyBetweenEventsOnly() throws {
        var answer = try Self.answer("200 OK" + Self.chunks + Self.events, to: 1)
        #expect(answer.mayEndEarly)
        answer.boundary.feed("data: half".utf8.span)
        #expect(!answer.mayEndEarly)
        answer.boundary.feed("\n".utf8.span)
        #expect(!answer.mayEndEarly)
        answer.boundary.feed("\n".utf8.span)
        #expect(answer.mayEndEarly)
    }

    @Test func aCloseEndsOnlyWhatItDelimits() throws {
        var body = try Self.answer("200 OK", to: 1)
        try body.end(.end(clean: true))
        #expect(body.isComplete)
        for head in ["200 OK" + Self.chunks, "200 OK\r\nContent-Length: 7"] {
            var body = try Self.answer(head, to: 1)
            #expect(throws: Interruption.self) { try body.end(.end(clean: true)) }
            #expect(!body.isComplete)
        }
    }

    /// Over TLS a close without a goodbye may be somebody else's.
    @Test(arguments: [ReadResult.end(clean: false), .failed, .wouldBlock, nil])
    func aCloseThatIsNotTheServersOwnEndsNothing(_ ending: ReadResult?) throws {
        var body = try Self.answer("200 OK", to: 1)
        #expect(throws: Interruption.self) { try body.end(ending) }
        #expect(!body.isComplete)
    }
}
