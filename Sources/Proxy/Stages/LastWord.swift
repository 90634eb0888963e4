internal import Bytes
internal import HTTP1
internal import Libevent
internal import MCP

/// What is said on an event stream that its server has left unfinished: whoever waits there for an answer would
/// otherwise do so until its own time is over. A stream that the server has ended well needs no last word: its client
/// may poll for the rest (MCP 2025-11-25).
extension Worker {
    /// What knows which calls a stream has answered; nil where nobody could be told. On servers of the older transport
    /// nobody reads the answer to a POST.
    /// - Precondition: the request has not been let go.
    func watch(
        for head: ResponseHead, _ answer: AnswerBody, _ call: Call, _ upstream: Upstream
    ) -> AnswerWatch? {
        guard answer.takesComments, head.status == 200, upstream.service.endpoints == nil else { return nil }
        return (call.heldMessage ?? call.passedMessage).map { AnswerWatch($0) }
    }

    /// Relays an answer, and where it breaks off after its beginning tells the calls that wait for it why.
    func relayOrTell(
        _ head: inout ResponseHead, _ answer: inout AnswerBody, _ call: Call, _ upstream: Upstream
    ) async throws(Interruption) -> Bool {
        do throws(Interruption) { return try await relay(&head, &answer, call, upstream) } catch {
            guard upstream.answerBegan, case .refused(let refusal) = error else { throw error }
            upstream.close()
            call.refusal = refusal
            sayLastWord(refusal, on: answer, to: call)
            if answer.isEventStream { await flush(call.client) }
            throw .cutShort
        }
    }

    /// An event that is torn stays torn: no bytes can take back what has come of it, and a client would take ours for
    /// the rest of it.
    private func sayLastWord(_ refusal: Refusal, on answer: AnswerBody, to call: Call) {
        guard answer.boundary.isBetweenEvents, !call.client.hasLeft, let ids = answer.watch?.unanswered() else {
            return
        }
        for id in ids {
            let event = refusal.event(to: id, server: call.service?.name, request: call.id)
            call.bytesOut &+= UInt64(event.count)
            if answer.isChunked { out.appendChunk(event.span) } else { out.append(event) }
            call.client.stream.send(out)
        }
    }
}

extension Call {
    /// The request's body, where it is held as a whole.
    fileprivate var heldMessage: [UInt8]? {
        guard head.method == .post, !isStreamed, held > head.byteCount else { return nil }
        let message = ByteBuffer(capacity: held &- head.byteCount)
        if case .chunked = framing {
            eachChunk { message.append($0) }
        } else {
            client.peer.withInput { message.append($0.extracting(head.byteCount..<min(held, $0.count))) }
        }
        return message.bytes
    }
}
