internal import Bytes
internal import HTTP1
internal import Libevent
internal import MCP

extension Worker {
    /// Brings the server's answer to the client, piece by piece as it comes.
    func relay(_ call: Call, from upstream: Upstream) async throws(Interruption) {
        defer { upstream.stream.wakeup = nil }
        // The server has it.
        call.share = nil
        do throws(Interruption) {
            guard var head = upstream.takeHead() else { throw .refused(.upstreamProtocol) }
            // A redirect would lead the client, and its token, past this proxy.
            if head.isRedirect { throw .refused(.upstreamProtocol) }
            let view = try view(of: head, call, upstream)
            var answer = AnswerBody(
                head, to: call.head, announcing: try announcement(in: head, call, upstream), through: view.events)
            let reusable =
                if let rules = view.list { try await relayList(head, by: rules, call, upstream) } else {
                    try await relayOrTell(&head, &answer, call, upstream)
                }
            retire(upstream, after: head, reusable: reusable && call.body.isComplete)
        } catch {
            upstream.close()
            throw upstream.answerBegan && error.isRefusal ? .cutShort : error
        }
    }

    private func retire(_ upstream: Upstream, after head: ResponseHead, reusable: Bool) {
        let isClean = upstream.peer.buffered == 0 && upstream.stream.backlog == 0 && !upstream.stream.writeFailed
        if reusable && head.keepAlive && isClean {
            pool(for: upstream.service).give(upstream.peer, hint: head.keepAliveTimeout.map { Int($0) })
        } else {
            upstream.close()
        }
    }

    /// Reads on from the client only to learn that it left, or a little of its next request.
    func noticeLeaving(_ client: Client) {
        if client.stream.mayRead { client.peer.fill() }
    }

    // MARK: The body

    /// - Returns: whether the server's message came to its end.
    func relay(
        _ head: inout ResponseHead, _ answer: inout AnswerBody, _ call: Call, _ upstream: Upstream
    ) async throws(Interruption) -> Bool {
        var clock = RelayClock(answer.takesComments, upstream.service.timeouts, call.client.wakeup)
        var reads = 0
        if answer.isEventStream { streamOpened(call, by: 1) }
        defer { if answer.isEventStream { streamOpened(call, by: -1) } }
        answer.watch = watch(for: head, answer, call, upstream)
        // Up to the first `move` nothing may suspend, and each call of an `async` function may: the head is in the
        // worker's own buffer, and whoever ran meanwhile would send it to another client.
        try beginAnswer(head, call, upstream, answer)
        head.forgetFields()
        while true {
            try move(&answer, call, upstream)
            if answer.isComplete { break }
            if upstream.peer.hasEnded && upstream.peer.buffered == 0 {
                try answer.end(upstream.peer.ending)
                try endFilter(of: &answer, to: call)
                try endAnnouncement(in: answer, call)
                if answer.isChunked { sendLastChunk(to: call.client.stream) }
                break
            }
            if isDraining && mayEnd(answer, call) {
                endEarly(call)
                return false
            }
            try heedLastMoment(call)
            try pumpUpload(call, to: upstream)
            noticeLeaving(call.client)
            if call.client.hasLeft { throw .clientLeft }
            if call.client.stream.backlog < highWater, upstream.peer.fill(reading: 64 * 1024) {
                clock.heard()
                // Between two fast peers there is never a wait, and everyone else's connection would stand still.
                reads &+= 1
                if reads & 15 == 0 { await loop.standBack() }
                continue
            }
            await call.client.wakeup.wait()
            try clock.check(call, &answer)
        }
        call.client.wakeup.neverExpire()
        if !call.body.isComplete { abandonUpload(call) }
        return true
    }

    /// Moves what has arrived, as far as the client takes it.
    private func move(_ answer: inout AnswerBody, _ call: Call, _ upstream: Upstream) throws(Interruption) {
        while !answer.isComplete, call.client.stream.backlog < highWater {
            let part: BodyPart
            do {
                part = try upstream.peer.withInput { bytes throws(BodyFault) in try answer.decoder.decode(bytes) }
            } catch {
                // With what came before, the client sees an answer that breaks off, and no request that got none.
                call.client.stream.send(out)
                throw .refused(.upstreamProtocol)
            }
            try unsafe upstream.peer.withInputBytes { bytes throws(Interruption) in
                try unsafe show(UnsafeRawBufferPointer(rebasing: bytes[part.payload]), of: &answer, to: call)
            }
            upstream.peer.consume(part.consumed)
            if part.consumed == 0 { break }
        }
        if answer.isComplete {
            try endFilter(of: &answer, to: call)
            try endAnnouncement(in: answer, call)
        }
        if answer.isComplete && answer.isChunked { out.append("0\r\n\r\n" as StaticString) }
        if !out.isEmpty { call.client.stream.send(out) }
    }

    func emit(
        _ payload: UnsafeRawBufferPointer, of answer: inout AnswerBody, to call: Call
    ) throws(Interruption) {
        guard payload.count > 0 else { return }
        if answer.leadingMark != nil { return try unsafe emitUnmarked(payload, of: &answer, to: call) }
        if answer.takesComments { unsafe follow(payload.assumingMemoryBound(to: UInt8.self).span, of: &answer) }
        guard let announcement = answer.announcement else { return unsafe send(payload, of: answer, to: call) }
        passed.removeAll()
        do {
            try unsafe announcement.pass(payload.assumingMemoryBound(to: UInt8.self).span, to: passed)
        } catch { throw broken(call, error.rawValue) }
        unsafe passed.withBytes { unsafe send($0, of: answer, to: call) }
    }

    private func follow(_ bytes: Span<UInt8>, of answer: inout AnswerBody) {
        answer.boundary.feed(bytes)
        answer.watch?.feed(bytes)
    }

    /// The first bytes of a stream in front of which a comment was said.
    private func emitUnmarked(
        _ payload: UnsafeRawBufferPointer, of answer: inout AnswerBody, to call: Call
    ) throws(Interruption) {
        guard var mark = answer.leadingMark.take() else { return }
        let (count, isSettled, back) = unsafe mark.take(payload.assumingMemoryBound(to: UInt8.self).span)
        if !isSettled { answer.leadingMark = mark }
        let put = ByteBuffer(capacity: back.count)
        put.append(Array(back))
        try unsafe put.withBytes { bytes throws(Interruption) in try unsafe emit(bytes, of: &answer, to: call) }
        try unsafe emit(UnsafeRawBufferPointer(rebasing: payload[count...]), of: &answer, to: call)
    }

    private func send(_ payload: UnsafeRawBufferPointer, of answer: AnswerBody, to call: Call) {
        guard payload.count > 0 else { return }
        call.bytesOut &+= UInt64(payload.count)
        if answer.isChunked {
            unsafe out.appendChunk(payload)
        } else {
            unsafe call.client.stream.send(out, payload)
        }
    }

    /// Whether a stream may end before its server ends it: a client opens another one. One that owes answers may not, as
    /// nobody would bring them, and its client would wait for them in vain.
    private func mayEnd(_ answer: AnswerBody, _ call: Call) -> Bool {
        guard answer.mayEndEarly else { return false }
        // The answers of the older transport come on another stream than the calls went: those on their way get a moment.
        if answer.announcement != nil {
            if EventLoop.now >= lastCall { return true }
            call.client.wakeup.deadline = min(call.client.wakeup.deadline, lastCall)
            return false
        }
        return call.head.method == .get || answer.watch?.owesAnswers == false
    }

    /// Nobody told the client that this was the last answer here: it may already be asking for more.
    private func endEarly(_ call: Call) {
        sendLastChunk(to: call.client.stream)
        if !call.body.isComplete { abandonUpload(call) }
    }

    func abandonUpload(_ call: Call) {
        call.client.staysOpen = false
        call.client.hasUnreadBody = true
    }
}

extension Interruption {
    var isRefusal: Bool { if case .refused = self { true } else { false } }
}
