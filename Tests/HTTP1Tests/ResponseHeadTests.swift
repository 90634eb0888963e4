import HTTP1
import Testing

/// What an upstream may say, and what makes its connection useless.
struct ResponseHeadTests {
    @Test func readsAResponse() throws {
        let input = ok("Content-Type: application/json\r\nContent-Length: 2\r\nKeep-Alive: timeout=5, max=9\r\n") + "{}"
        let head = try #require(response(input).head)
        #expect(head.status == 200)
        #expect(head.minorVersion == 1)
        #expect(head.framing == .length(2))
        #expect(head.keepAlive)
        #expect(head.keepAliveTimeout == 5)
        #expect(!head.isEventStream)
        #expect(!head.isInterim)
        #expect(head.byteCount == input.utf8.count - 2)
        #expect(head.first(.contentType)?.value.text(in: input) == "application/json")
        #expect(head.count(of: .contentType) == 1)
    }

    @Test(arguments: [
        Row("9112 §6.3", "chunked", ok("Transfer-Encoding: chunked\r\n"), BodyFraming.chunked),
        Row("9112 §6.3", "neither field", ok(""), .untilClose),
        Row("9112 §6.3", "HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", .untilClose),
        Row("9110 §15.3.5", "204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", .none),
        Row("9110 §15.4.5", "304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", .none),
        Row("9110 §15.2", "103", "HTTP/1.1 103 \r\nLink: a\r\n\r\n", .none),
        Row("9110 §15.3.1", "200 of nothing", ok("Content-Length: 0\r\n"), .length(0)),
    ])
    func framesBodies(row: Row<BodyFraming>) {
        #expect(response(row.input).head?.framing == row.expected)
        #expect(response(row.input, to: .head).head?.framing == BodyFraming.none)
    }

    @Test(arguments: [
        Row("9112 §9.3", "HTTP/1.1", ok("Content-Length: 1\r\n"), true),
        Row("9112 §9.3", "close", ok("Content-Length: 1\r\nConnection: close\r\n"), false),
        Row("9112 §9.3", "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false),
        Row(
            "9112 §9.3", "HTTP/1.0 with keep-alive",
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", true),
        Row("9112 §9.3", "a body until the end", ok(""), false),
        Row("9112 §6.3", "204", "HTTP/1.1 204 \r\n\r\n", true),
        Row("9112 §6.3", "204 with length 0", "HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n", true),
        Row("9112 §6.3", "204 that announces a body", "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", false),
        Row("9112 §6.3", "204 that announces chunks", "HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n", false),
        Row("9112 §6.3", "304 with a length", "HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n", true),
    ])
    func decidesOnKeepAlive(row: Row<Bool>) {
        #expect(response(row.input).head?.keepAlive == row.expected)
    }

    @Test(arguments: [
        ("timeout=5", 5 as UInt32?), ("max=3, Timeout=75", 75), ("timeout=999999", 999_999), ("timeout=1000000", nil),
        ("timeout=", nil), ("timeout=x", nil), ("timeout", nil), ("", nil),
    ])
    func readsTheKeepAliveHint(value: String, expected: UInt32?) throws {
        #expect(try #require(response(ok("Keep-Alive: \(value)\r\n")).head).keepAliveTimeout == expected)
    }

    @Test(arguments: [
        ("text/event-stream", true), ("Text/Event-Stream ; charset=utf-8", true), ("text/event-stream;", true),
        ("text/event-streams", false), ("application/json", false), ("text/event-stream, a/b", false), ("", false),
    ])
    func recognisesEventStreams(type: String, expected: Bool) {
        #expect(response(ok("Content-Type: \(type)\r\n")).head?.isEventStream == expected)
    }

    @Test func readsStatusLines() {
        #expect(response("HTTP/1.1 200\r\n\r\n").head?.status == 200)
        #expect(response("HTTP/1.1 599 \r\n\r\n").head?.status == 599)
        #expect(response("HTTP/1.1 404 Nicht gefunden \u{E4}\t!\r\n\r\n").head?.status == 404)
        #expect(response("\r\nHTTP/1.1 100 Continue\r\n\r\n").head?.isInterim == true)
        #expect(response("HTTP/1.1 307 \r\n\r\n").head?.isRedirect == true)
        #expect(response("HTTP/1.1 304 \r\n\r\n").head?.isRedirect == false)
    }

    @Test(arguments: [
        Row("9112 §4", "no version", "200 OK\r\n\r\n", HeadFault.malformedStatusLine),
        Row("9112 §4", "two digits", "HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine),
        Row("9112 §4", "four digits", "HTTP/1.1 2000 OK\r\n\r\n", .malformedStatusLine),
        Row("9112 §4", "two blanks", "HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine),
        Row("9112 §4", "letters", "HTTP/1.1 2x0 OK\r\n\r\n", .malformedStatusLine),
        Row("9112 §4", "NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", .controlByte),
        Row("9110 §15", "a status too small", "HTTP/1.1 099 OK\r\n\r\n", .malformedStatusLine),
        Row("9110 §15", "a status too large", "HTTP/1.1 600 OK\r\n\r\n", .malformedStatusLine),
        Row("9110 §15.6.6", "HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        Row("9110 §7.8", "an upgrade nobody asked for", "HTTP/1.1 101 \r\nUpgrade: h2c\r\n\r\n", .unexpectedUpgrade),
        Row("9110 §15.2", "100 with a body", "HTTP/1.1 100 \r\nContent-Length: 5\r\n\r\n", .framedInterim),
        Row("9110 §15.2", "103 with chunks", "HTTP/1.1 103 \r\nTransfer-Encoding: chunked\r\n\r\n", .framedInterim),
        Row("9112 §2.2", "bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n", .bareLineFeed),
        Row("9112 §5.2", "a folded line", ok("A: b\r\n c\r\n"), .obsoleteFold),
        Row("9112 §5.1", "a blank before the colon", ok("A : b\r\n"), .malformedFieldLine),
        Row("9110 §5.5", "bare CR", ok("A: b\rc\r\n"), .bareCarriageReturn),
        Row("9112 §6.3", "CL and TE", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), .lengthAndCoding),
        Row("9112 §6.3", "two lengths", ok("Content-Length: 5\r\nContent-Length: 6\r\n"), .repeatedContentLength),
        Row("9112 §6.2", "a sign", ok("Content-Length: +5\r\n"), .malformedContentLength),
        Row("9112 §6.1", "another coding", ok("Transfer-Encoding: gzip\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "a coding before chunked", ok("Transfer-Encoding: gzip, chunked\r\n"), .unknownTransferCoding),
        Row(
            "9112 §6.1", "TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingBefore11),
        Row(
            "9112 §6.3", "204 with CL and TE",
            "HTTP/1.1 204 \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthAndCoding),
        Row("9110 §7.6.1", "naming Content-Length", ok("Connection: content-length\r\n"), .protectedInConnection),
        Row("9110 §7.6.1", "naming Mcp-Session-Id", ok("Connection: mcp-session-id\r\n"), .protectedInConnection),
    ])
    func refuses(row: Row<HeadFault>) {
        #expect(response(row.input).fault == row.expected)
    }
}
