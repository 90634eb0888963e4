internal import Bytes
internal import HTTP1
package import JSON
internal import Libevent

/// The answer to one request, given at once or as an event stream.
package final class SiteReply {
    private let connection: Connection
    /// Whether anything was answered.
    private(set) var isStarted = false

    init(_ connection: Connection) { self.connection = connection }

    /// A JSON answer.
    package func send(_ status: UInt16, _ json: JSON, fields: [(String, String)] = []) {
        send(status, json.bytes, type: "application/json", fields: fields)
    }

    /// An answer of text.
    package func send(_ status: UInt16, text: String) {
        send(status, Array(text.utf8), type: "text/plain; charset=utf-8", fields: [])
    }

    /// An answer without a body.
    package func send(_ status: UInt16, fields: [(String, String)] = []) {
        send(status, [], type: nil, fields: fields)
    }

    private func send(_ status: UInt16, _ body: [UInt8], type: String?, fields: [(String, String)]) {
        let out = head(status, type: type, fields)
        // RFC 9110 §8.6: 204 has no Content-Length.
        if status != 204 { out.appendFraming(.length(UInt64(body.count))) }
        out.appendHeadEnd()
        out.append(body)
        connection.stream.send(out)
    }

    private func head(_ status: UInt16, type: String?, _ fields: [(String, String)]) -> ByteBuffer {
        isStarted = true
        let out = ByteBuffer()
        out.appendStatusLine(status)
        for (name, value) in (type.map { [("Content-Type", $0)] } ?? []) + fields {
            out.append(string: "\(name): \(value)\r\n")
        }
        return out
    }

    // MARK: Event streams

    /// Begins an event stream.
    package func beginEvents(fields: [(String, String)] = []) {
        let out = head(200, type: "text/event-stream", fields + [("Cache-Control", "no-store")])
        out.appendFraming(.chunked)
        out.appendHeadEnd()
        connection.stream.send(out)
    }

    /// Sends one `message` event.
    package func sendEvent(_ json: JSON) {
        let text = Array("event: message\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
        let out = ByteBuffer()
        out.appendChunkHead(size: text.count)
        out.append(text)
        out.appendChunkEnd(size: text.count)
        connection.stream.send(out)
    }

    /// Ends the event stream in an orderly way.
    package func endEvents() {
        let out = ByteBuffer()
        out.appendLastChunk()
        connection.stream.send(out)
    }

    /// Whether what is sent still reaches anybody.
    package var isHeard: Bool { !connection.stream.writeFailed }

    /// Suspends for a while.
    package func pause(milliseconds: Int) async { await connection.sleep(milliseconds: milliseconds) }

    /// Suspends until the client has left.
    package func clientLeft() async { await connection.peerLeft() }
}
