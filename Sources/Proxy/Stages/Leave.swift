internal import Libevent

extension Worker {
    /// Ends the client's connection so that it gets all that was said to it: what is unsent is sent, and what the
    /// client still sends is read past, since a close with unread bytes is a reset that can take the answer away.
    func leave(_ client: Client) async {
        let stream = client.stream
        if client.isCut { return client.isUntilClose ? stream.abort() : stream.close() }
        await flush(client)
        if (client.hasUnreadBody || client.peer.buffered > 0) && !stream.writeFailed {
            stream.finishWriting()
            client.wakeup.expire(after: Self.lingering)
            var left = Self.most
            while !client.peer.hasEnded, left > 0, !client.wakeup.expired {
                left -= client.peer.buffered
                client.peer.consume(client.peer.buffered)
                if !client.peer.fill() { await client.wakeup.wait() }
            }
        }
        stream.close()
    }

    /// Waits until the client has taken what was said to it, or for too long.
    func flush(_ client: Client) async {
        let stream = client.stream
        client.wakeup.expire(after: current.waits.body)
        while stream.backlog > 0, !stream.writeFailed, !client.wakeup.expired { await client.wakeup.wait() }
        if client.wakeup.expired { current.lasting.limits.reached(.body) }
    }

    /// Milliseconds and bytes given to a client whose request was refused before it was sent.
    private static var lingering: Int { 2000 }
    private static var most: Int { 8 << 20 }
}
