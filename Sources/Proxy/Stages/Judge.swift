internal import Bytes
internal import HTTP1
internal import Identity
internal import MCP
internal import OnBehalfOf

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
        if !call.client.staysOpen { out.appendConnectionClose() }
        out.appendHeadEnd()
        upstream.answerBegan = true
        call.client.isUntilClose = isUntilClose
        call.status = Int(status)
        call.letGo()
    }

    // MARK: Sessions belong to users

    /// Checks that the session the request names is this user's, and strips the proof. Who the user of an opaque
    /// token is, only the minted one can say, so `mint` comes back here with it.
    func checkSession(_ call: Call, of user: UserToken, at service: Service) throws(Interruption) {
        if user.isOpaque && call.minted == nil { return }
        try checkEndpoint(call, of: user, at: service)
        guard let field = call.head.first(.mcpSessionID) else { return }
        guard call.head.count(of: .mcpSessionID) == 1 else { throw .refused(.badRequest) }
        let owner = call.sessionOwner(user, at: service)
        call.session = call.withBytes(field.value) { signed in
            shared.sessions.verify(signed, for: owner).map { Array(signed, 0..<$0) }
        }
        if call.session == nil { throw .refused(.sessionMismatch) }
    }

    private func keyedSession(_ head: ResponseHead, _ call: Call, _ upstream: Upstream) throws(Interruption) -> [UInt8]?
    {
        guard let field = head.first(.mcpSessionID), let user = call.user else { return nil }
        let owner = call.sessionOwner(user, at: upstream.service)
        let signed = upstream.peer.withInput { bytes in
            field.value.upperBound <= bytes.count
                ? shared.sessions.sign(bytes.extracting(field.value.range), for: owner) : nil
        }
        // An id that can't be tied to its user would be anybody's.
        guard let signed else { throw .refused(.upstreamProtocol) }
        return signed
    }
}

extension Call {
    /// Whose a session is: the user that the token names, or the minted one for an opaque token; where that can't be
    /// read either, whoever has the very same token.
    func sessionOwner(_ user: UserToken, at service: Service) -> SessionKey.Owner {
        let holder = user.isOpaque ? minted?.holder : nil
        return SessionKey.Owner(
            server: service.name, issuer: holder?.issuer ?? user.issuer, subject: holder?.subject ?? user.subject)
    }
}
