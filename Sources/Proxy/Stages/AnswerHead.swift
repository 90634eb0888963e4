internal import Bytes
internal import Glibc
internal import HTTP1
internal import MCP

extension Worker {
    /// Puts the answer's head into `out`, to leave with the first of its body.
    func beginAnswer(
        _ head: ResponseHead, _ call: Call, _ upstream: Upstream, _ answer: AnswerBody
    ) throws(Interruption) {
        try takeFields(of: head, call, upstream, to: out)
        if answer.isChunked { out.appendFraming(.chunked) }
        if answer.hasLength { out.appendFraming(head.framing) }
        endHead(call, upstream, status: head.status, isUntilClose: answer.isUntilClose)
    }

    /// Takes the head from the server's buffer: its status and its fields, but for the framing.
    func takeFields(
        of head: ResponseHead, _ call: Call, _ upstream: Upstream, to buffer: ByteBuffer
    ) throws(Interruption) {
        let session = try keyedSession(head, call, upstream)
        buffer.appendStatusLine(head.status)
        if head.count(of: .date) == 0 { date.append(to: buffer, now: time(nil)) }
        upstream.peer.withInput { head.appendForwardable(from: $0, to: buffer) }
        if let session {
            buffer.append("Mcp-Session-Id: " as StaticString)
            buffer.append(session)
            buffer.append("\r\n" as StaticString)
        }
        call.appendOrigin(to: buffer)
        upstream.peer.consume(head.byteCount)
    }

    /// Ends the head in `out`. From here on nothing else can be said to the client.
    func endHead(_ call: Call, _ upstream: Upstream, status: UInt16, isUntilClose: Bool) {
        // Nobody will read the rest of a body that the server did not wait for.
        if !call.body.isComplete { call.client.staysOpen = false }
        if !call.client.staysOpen { out.appendConnectionClose() }
        out.appendHeadEnd()
        upstream.answerBegan = true
        call.client.isUntilClose = isUntilClose
        call.status = Int(status)
        call.letGo()
    }
}
