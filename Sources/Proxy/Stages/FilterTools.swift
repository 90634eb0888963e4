internal import Bytes
internal import HTTP1
internal import Libevent
internal import MCP

/// How an answer is shown that may list tools.
struct AnswerView {
    /// Event by event.
    var events: EventFilter?
    /// As a whole, once all of it is there.
    var list: ToolRules?
}

extension Worker {
    /// Decides what has to be taken out of an answer. A list can come in answer to a POST that asks for it and, where
    /// answers have a stream of their own or are told again, in answer to a GET.
    /// - Throws: `upstreamProtocol` for an answer that may be a list in a form that cannot be read here.
    func view(of head: ResponseHead, _ call: Call, _ upstream: Upstream) throws(Interruption) -> AnswerView {
        guard let rules = upstream.service.tools, call.asksForTools || call.head.method == .get else {
            return AnswerView()
        }
        // 202 says that the answer comes elsewhere.
        let isEmpty = BodyDecoder(head.framing).isComplete
        guard head.status != 202, !isEmpty else { return AnswerView() }
        let isJSON = upstream.peer.withInput { head.isJSON($0) }
        let isSuccess = 200...299 ~= head.status
        // On servers of the older transport answers come on the stream, and nobody reads what a POST is told.
        let isReceipt = upstream.service.endpoints != nil && call.head.method == .post
        if (isReceipt || !isSuccess) && !isJSON && !head.isEventStream { return AnswerView() }
        // What comes in place of a stream is none of its answers; a call's may have any status.
        if !isSuccess && call.head.method == .get { return AnswerView() }
        guard head.count(of: .contentType) == 1, upstream.sendsPlain(head), isJSON || head.isEventStream else {
            throw .refused(.upstreamProtocol)
        }
        return isJSON ? AnswerView(list: rules) : AnswerView(events: EventFilter(rules))
    }

    // MARK: A list as a whole

    /// Waits for the whole of a JSON answer and sends what may be seen of it.
    /// - Returns: true, as the message came to its end.
    func relayList(
        _ head: ResponseHead, by rules: ToolRules, _ call: Call, _ upstream: Upstream
    ) async throws(Interruption) -> Bool {
        let front = ByteBuffer()
        try takeFields(of: head, call, upstream, to: front)
        let body = try await gatherAnswer(head.framing, call, upstream)
        do throws(UnreadableList) {
            if let shown = try body.withSpan({ bytes throws(UnreadableList) in try rules.filter(bytes) }) {
                body.removeAll()
                body.append(shown)
            }
        } catch { throw .refused(.upstreamProtocol) }
        // From here to the send nothing may suspend: the head is in the worker's own buffer.
        out.append(front.bytes)
        out.appendFraming(.length(UInt64(body.count)))
        endHead(call, upstream, status: head.status, isUntilClose: false)
        call.bytesOut = UInt64(body.count)
        unsafe body.withBytes { unsafe call.client.stream.send(out, $0) }
        if !call.body.isComplete { abandonUpload(call) }
        return true
    }

    private func gatherAnswer(
        _ framing: BodyFraming, _ call: Call, _ upstream: Upstream
    ) async throws(Interruption) -> ByteBuffer {
        let body = ByteBuffer(capacity: 16 * 1024)
        var decoder = BodyDecoder(framing)
        let wakeup = call.client.wakeup
        let share = BodyShare(of: call.shared.lasting.permittedBodies, limit: call.shared.bodyLimit)
        wakeup.expire(after: upstream.service.timeouts.streamIdle)
        while true {
            try take(upstream, &decoder, into: body)
            guard share.covers(body.count) else {
                call.reached(.heldBodies)
                throw .refused(.overloaded)
            }
            if decoder.isComplete { break }
            try pumpUpload(call, to: upstream)
            noticeLeaving(call.client)
            if call.client.hasLeft { throw .clientLeft }
            try heedLastMoment(call)
            if upstream.peer.fill(reading: 64 * 1024) {
                wakeup.expire(after: upstream.service.timeouts.streamIdle)
                continue
            }
            await wakeup.wait()
            if wakeup.expired {
                try heedLastMoment(call)
                call.reached(.streamIdle)
                throw .refused(.upstreamTimeout)
            }
        }
        wakeup.neverExpire()
        return body
    }

    /// Moves what has arrived of an answer, or notes its end.
    private func take(_ upstream: Upstream, _ decoder: inout BodyDecoder, into body: ByteBuffer) throws(Interruption) {
        let peer = upstream.peer
        do {
            while !decoder.isComplete, peer.buffered > 0 {
                let part = try peer.withInput { bytes throws(BodyFault) in
                    let part = try decoder.decode(bytes)
                    body.append(bytes.extracting(part.payload))
                    return part
                }
                peer.consume(part.consumed)
                guard body.count <= EventFilter.longestEvent else { throw Interruption.refused(.upstreamProtocol) }
                if part.consumed == 0 { break }
            }
            guard !decoder.isComplete, peer.hasEnded else { return }
            guard peer.ending == .end(clean: true) else { throw BodyFault.truncated }
            try decoder.end()
        } catch { throw .refused(.upstreamProtocol) }
    }

    // MARK: A list among events

    /// Passes on what may be seen of a part of an answer.
    func show(_ payload: UnsafeRawBufferPointer, of answer: inout AnswerBody, to call: Call) throws(Interruption) {
        guard var filter = answer.filter.take() else { return try unsafe emit(payload, of: &answer, to: call) }
        let shown = ByteBuffer(capacity: 4096)
        do throws(UnreadableList) {
            try unsafe filter.feed(payload.assumingMemoryBound(to: UInt8.self).span, to: shown)
        } catch { throw try unreadable(after: shown, of: &answer, to: call) }
        let held = filter.heldBytes
        answer.filter = filter
        try emit(shown, of: &answer, to: call)
        try hold(held, of: &answer, call)
    }

    /// Takes room for what has come of an event, or breaks off.
    private func hold(_ count: Int, of answer: inout AnswerBody, _ call: Call) throws(Interruption) {
        guard count > 0 else { return answer.share = nil }
        let share = answer.share ?? BodyShare(of: call.shared.lasting.permittedBodies, limit: call.shared.bodyLimit)
        answer.share = share
        guard share.covers(count) else {
            call.reached(.heldBodies)
            throw .refused(.overloaded)
        }
    }

    /// Passes on what the filter has kept of a stream that has ended.
    func endFilter(of answer: inout AnswerBody, to call: Call) throws(Interruption) {
        guard var filter = answer.filter.take() else { return }
        let shown = ByteBuffer()
        do throws(UnreadableList) { try filter.end(to: shown) } catch {
            throw try unreadable(after: shown, of: &answer, to: call)
        }
        try emit(shown, of: &answer, to: call)
    }

    /// The client gets what came before the message that cannot be read.
    private func unreadable(
        after shown: ByteBuffer, of answer: inout AnswerBody, to call: Call
    ) throws(Interruption) -> Interruption {
        try emit(shown, of: &answer, to: call)
        return broken(call, "a message on a server with tool rules cannot be read or is longer than 8 MiB")
    }

    /// In pieces, since what the worker's own buffer has once held it holds for good.
    private func emit(_ shown: ByteBuffer, of answer: inout AnswerBody, to call: Call) throws(Interruption) {
        while !shown.isEmpty {
            let count = min(shown.count, highWater)
            try unsafe shown.withBytes { bytes throws(Interruption) in
                try unsafe emit(UnsafeRawBufferPointer(rebasing: bytes[..<count]), of: &answer, to: call)
            }
            shown.consume(count)
            if !out.isEmpty { call.client.stream.send(out) }
        }
    }
}
