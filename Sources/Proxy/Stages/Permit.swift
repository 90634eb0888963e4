internal import Bytes
internal import HTTP1
internal import Libevent
internal import MCP

extension Worker {
    /// Refuses calls of tools that the operator does not permit, before a token is spent on them. What might be such a
    /// call and cannot be read with certainty is refused as well.
    func permit(_ call: Call, by rules: ToolRules) async throws(Interruption) {
        guard call.head.method == .post else {
            // There are servers that let a field of the head turn a GET into a POST.
            guard BodyDecoder(call.framing).isComplete else { throw .refused(.badRequest) }
            return
        }
        if !call.hasWholeBody { try await gatherWhole(call) }
        let head = call.postedHead
        do throws(Refusal) {
            call.asksForTools = try call.client.peer.withInput { bytes throws(Refusal) in
                try rules.judge(bytes.extracting(call.head.byteCount..<call.wholeLength), head)
            }
        } catch { throw .refused(error) }
    }

    /// Waits for all of a body of any size and leaves it behind the head, out of its chunks, as if it had come so.
    private func gatherWhole(_ call: Call) async throws(Interruption) {
        let client = call.client
        let whole = client.peer.takeFront(call.head.byteCount)
        // Whatever happens, the head is back before anybody looks for it.
        defer { client.peer.putFront(whole) }
        do throws(Interruption) { try await gather(call, into: whole) } catch {
            call.held = whole.count
            throw error
        }
        let size = UInt64(whole.count &- call.head.byteCount)
        call.framing = .length(size)
        call.body = BodyDecoder(.length(size))
    }

    private func gather(_ call: Call, into whole: ByteBuffer) async throws(Interruption) {
        call.share = BodyShare(of: call.shared.lasting.permittedBodies, limit: call.shared.bodyLimit)
        let client = call.client
        var reads = 0
        client.wakeup.expire(after: call.shared.waits.body)
        if call.head.expectsContinue && client.peer.buffered == 0 { sendContinue(client) }
        while true {
            try take(call, into: whole)
            if call.body.isComplete { break }
            if client.hasLeft { throw .clientLeft }
            try heedLastMoment(call)
            if client.peer.fill() {
                client.wakeup.expire(after: call.shared.waits.body)
                reads &+= 1
                if reads & 15 == 0 { await loop.standBack() }
                continue
            }
            await client.wakeup.wait()
            if client.wakeup.expired {
                try heedLastMoment(call)
                call.reached(.body)
                throw .refused(.badRequest)
            }
        }
        client.wakeup.neverExpire()
    }

    /// Takes room for so much of a body, or refuses.
    private func hold(_ count: Int, _ call: Call) throws(Interruption) {
        if call.share?.covers(count) ?? true { return }
        call.share = nil
        // Neither for its id: that would hold it all the same.
        call.leavesBody = true
        call.reached(.heldBodies)
        throw .refused(.overloaded)
    }

    /// Moves what has arrived of the body.
    private func take(_ call: Call, into whole: ByteBuffer) throws(Interruption) {
        let peer = call.client.peer
        while !call.body.isComplete {
            let part: BodyPart
            do {
                part = try peer.withInput { bytes throws(BodyFault) in
                    let part = try call.body.decode(bytes)
                    whole.append(bytes.extracting(part.payload))
                    return part
                }
            } catch { throw .refused(.badRequest) }
            peer.consume(part.consumed)
            guard UInt64(whole.count &- call.head.byteCount) <= call.shared.bodyLimit else {
                throw .refused(.bodyTooLarge)
            }
            try hold(whole.count, call)
            if part.consumed == 0 { return }
        }
    }
}

extension Call {
    /// Whether all of the body lies behind the head as it is.
    fileprivate var hasWholeBody: Bool {
        if case .chunked = framing { false } else { client.peer.buffered >= wholeLength }
    }

    /// The bytes of head and body together, of a body with a length.
    fileprivate var wholeLength: Int {
        guard case .length(let size) = framing else { return head.byteCount }
        return head.byteCount &+ Int(clamping: min(size, 1 << 40))
    }

    fileprivate var postedHead: PostedHead {
        var posted = PostedHead()
        posted.contentTypes = values(of: .contentType)
        posted.isEncoded = head.count(of: .contentEncoding) > 0
        posted.methods = values(of: .mcpMethod)
        posted.names = values(of: .mcpName)
        return posted
    }

    private func values(of id: FieldID) -> [[UInt8]] {
        head.fields.filter { $0.id == id }.map { field in withBytes(field.value) { Array($0, $0.indices) } }
    }
}
