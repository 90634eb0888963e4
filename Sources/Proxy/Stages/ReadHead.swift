internal import HTTP1
internal import Libevent
internal import MCP

extension Worker {
    /// Waits for the next request's head.
    /// - Returns: nil when the connection is over: closed, idle too long, draining, or malformed (which is
    ///   answered here, since after it the framing is lost).
    func readHead(_ client: Client) async -> RequestHead? {
        var scanned = 0
        // Whoever always has a next request at hand lets the others have their turn now and then.
        if client.served & 31 == 31 { await loop.standBack() }
        if client.stream.backlog >= highWater, await !takesAnswers(client) { return nil }
        let isBegun = client.served == 0 || client.peer.buffered > 0
        client.wakeup.expire(after: isBegun ? current.waits.header : current.waits.idle)
        while true {
            do throws(HeadFault) {
                let head = try client.peer.withInput { input throws(HeadFault) in
                    input.isEmpty ? nil : try RequestHead.parse(input, limits: current.headLimits, scanned: &scanned)
                }
                if let head { return accept(head, from: client) }
            } catch {
                refuseHead(error, from: client)
                return nil
            }
            if client.peer.hasEnded { return nil }
            // Who is just about to ask on an open connection still gets an answer, and with it word to come no more.
            if isDraining && client.peer.buffered == 0 {
                client.wakeup.deadline = min(client.wakeup.deadline, lastCall)
            }
            let waited = client.peer.buffered
            if !client.peer.fill(most: current.headLimits.bytes + 1) { await client.wakeup.wait() }
            // The first byte of a request starts its own clock, so that a slow one can't hold the idle one's time.
            if waited == 0 && client.peer.buffered > 0 && client.served > 0 {
                client.wakeup.expire(after: current.waits.header)
            }
            if client.wakeup.expired {
                // A request that has arrived by now is answered: a close over it would be a reset.
                guard isDraining, waited == 0, client.peer.fill() || client.peer.buffered > 0 else {
                    if waited > 0 || client.served == 0 { current.lasting.limits.reached(.header) }
                    return nil
                }
                client.wakeup.expire(after: current.waits.header)
            }
        }
    }

    /// Whoever asks and asks without taking the answers is not served on: the answers would pile up here.
    private func takesAnswers(_ client: Client) async -> Bool {
        client.wakeup.expire(after: current.waits.body)
        while client.stream.backlog > 0, !client.stream.writeFailed {
            await client.wakeup.wait()
            if client.wakeup.expired {
                current.lasting.limits.reached(.body)
                return false
            }
        }
        return !client.stream.writeFailed
    }

    private func accept(_ head: RequestHead, from client: Client) -> RequestHead {
        client.served &+= 1
        client.staysOpen = head.keepAlive && head.minorVersion > 0 && !current.isDraining && client.door == current.door
        client.wakeup.neverExpire()
        return head
    }
}
