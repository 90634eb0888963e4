internal import HTTP1
internal import Identity
internal import Libevent
internal import MCP

extension Worker {
    /// Waits for the head of the server's answer. A server that rejects the minted token is asked once more with
    /// another one.
    /// - Returns: the connection whose answer is to be relayed.
    func hear(_ call: Call, from first: Upstream, for user: UserToken) async throws(Interruption) -> Upstream {
        try await awaitHead(of: call, from: first)
        guard first.rejectsToken else { return first }
        let challenge = first.claimsChallenge
        first.close()
        let second = try await askAgain(call, challenge, for: user, at: first.service)
        try await awaitHead(of: call, from: second)
        try conclude(call, second, for: user)
        return second
    }

    private func awaitHead(of call: Call, from upstream: Upstream) async throws(Interruption) {
        do throws(Interruption) {
            let head = try await responseHead(for: call, from: upstream)
            call.upstreamStatus = Int(head.status)
            upstream.head = head
        } catch {
            upstream.close()
            throw error
        }
    }

    private func responseHead(for call: Call, from upstream: Upstream) async throws(Interruption) -> ResponseHead {
        let client = call.client
        var (scanned, interim) = (0, 0)
        var clock = UploadClock(call, body: call.shared.waits.body, response: upstream.service.timeouts.response)
        while true {
            if let head = try parseHead(call, upstream, &scanned) {
                if !head.isInterim { return head }
                // Interim answers are ours to give (RFC 9110 section 15.2: a gateway asks for none on its own behalf).
                interim += 1
                guard interim <= 32 else { throw .refused(.upstreamProtocol) }
                upstream.peer.consume(head.byteCount)
                scanned = 0
                continue
            }
            if upstream.peer.hasEnded { throw .refused(.upstreamUnreachable) }
            try pumpUpload(call, to: upstream)
            clock.look(at: call)
            noticeLeaving(client)
            if client.hasLeft { throw .clientLeft }
            try heedLastMoment(call)
            if upstream.peer.fill(most: call.shared.headLimits.bytes) { continue }
            await client.wakeup.wait()
            if client.wakeup.expired {
                try heedLastMoment(call)
                let refusal = clock.refusal(serverTakesBody: upstream.takesBody)
                call.reached(refusal == .badRequest ? .body : .response)
                throw .refused(refusal)
            }
        }
    }

    private func parseHead(
        _ call: Call, _ upstream: Upstream, _ scanned: inout Int
    ) throws(Interruption) -> ResponseHead? {
        guard upstream.peer.buffered > 0 else { return nil }
        do {
            return try upstream.peer.withInput { bytes throws(HeadFault) in
                try ResponseHead.parse(
                    bytes, answering: call.head.method, limits: call.shared.headLimits, scanned: &scanned)
            }
        } catch {
            throw .refused(.upstreamProtocol)
        }
    }
}
