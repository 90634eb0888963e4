import Bytes
import HTTP1
import Testing

/// What is written is what the parser reads.
struct SerializerTests {
    private func written(_ write: (ByteBuffer) -> Void) -> String {
        let out = ByteBuffer()
        write(out)
        return text(out.bytes)
    }

    @Test func writesFraming() {
        #expect(written { $0.appendFraming(.none) } == "")
        #expect(written { $0.appendFraming(.length(0)) } == "Content-Length: 0\r\n")
        #expect(written { $0.appendFraming(.length(1234)) } == "Content-Length: 1234\r\n")
        #expect(written { $0.appendFraming(.chunked) } == "Transfer-Encoding: chunked\r\n")
        #expect(written { $0.appendFraming(.untilClose) } == "Connection: close\r\n")
        #expect(written { $0.appendVia() } == "Via: 1.1 obo-proxy\r\n")
    }

    /// What we write is what we take for a loop.
    @Test func recognisesTheViaItWrites() {
        #expect(request(post(written { $0.appendVia() })).fault == .loop)
    }

    @Test func writesChunks() {
        #expect(written { $0.appendChunkHead(size: 255) } == "ff\r\n")
        #expect(written { $0.appendChunkEnd(size: 255) } == "\r\n")
        #expect(written { $0.appendLastChunk() } == "0\r\n\r\n")
    }

    /// An empty read must not end the body.
    @Test func writesNoEmptyChunk() {
        #expect(written { $0.appendChunkHead(size: 0) } == "")
        #expect(written { $0.appendChunkEnd(size: 0) } == "")
        #expect(written { $0.appendChunkHead(size: -1) } == "")
    }

    @Test(arguments: [200, 204, 400, 431, 502, 599] as [UInt16])
    func writesStatusLinesThatAreRead(status: UInt16) {
        let line = written { $0.appendStatusLine(status) }
        #expect(response(line + "\r\n").head?.status == status)
    }

    @Test func writesAReasonWhereThereIsOne() {
        #expect(written { $0.appendStatusLine(502) } == "HTTP/1.1 502 Bad Gateway\r\n")
        #expect(written { $0.appendStatusLine(299) } == "HTTP/1.1 299 \r\n")
    }
}
