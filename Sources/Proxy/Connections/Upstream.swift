internal import HTTP1
internal import Libevent

/// A connection to a server while one call uses it.
final class Upstream {
    let peer: Peer
    let service: Service
    /// The head of the answer, until somebody takes it; its bytes lie at the front of the peer's input.
    var head: ResponseHead?
    /// Whether the answer began, after which nothing else can be said to the client.
    var answerBegan = false

    init(_ peer: Peer, to service: Service) {
        self.peer = peer
        self.service = service
    }

    var stream: Stream { peer.stream }
    /// Whether the server has taken all that was sent to it.
    var takesBody: Bool { stream.backlog == 0 && !stream.writeFailed }

    /// Hands the head over: its fields are shared by nobody then, and can be let go.
    func takeHead() -> ResponseHead? {
        defer { head = nil }
        return head
    }

    func close() {
        stream.wakeup = nil
        stream.close()
    }
}

/// A worker's idle connections to one server, the last used first.
final class UpstreamPool {
    private struct Idle {
        let peer: Peer
        let until: UInt64
    }

    private var idle: [Idle] = []
    private let most: Int
    /// How long a connection is kept without a hint from the server: below the five seconds after which
    /// common servers (uvicorn, Node.js) close theirs, since a request that crosses their close is lost.
    private static let patience = 4000
    /// The longest hint that is believed, in seconds.
    private static let longest = 60

    /// - Parameter most: connections kept; none where the server has changed its place or is gone.
    init(keeping most: Int = 256) { self.most = most }

    /// A connection that is still open and has nothing unexpected to say.
    func take(now: UInt64 = EventLoop.now) -> Peer? {
        while let candidate = idle.popLast() {
            if candidate.until > now && isQuiet(candidate.peer) { return candidate.peer }
            candidate.peer.stream.close()
        }
        return nil
    }

    /// Keeps a connection for the next call.
    /// - Parameter hint: seconds that the server said it would wait (`Keep-Alive: timeout`).
    func give(_ peer: Peer, hint: Int?, now: UInt64 = EventLoop.now) {
        peer.stream.wakeup = nil
        let milliseconds = hint.map { min(max($0 - 1, 0), Self.longest) * 1000 } ?? Self.patience
        guard idle.count < most, milliseconds > 0 else { return peer.stream.close() }
        idle.append(Idle(peer: peer, until: now &+ UInt64(milliseconds)))
    }

    /// Closes what waited too long or was closed by the server.
    func sweep(now: UInt64 = EventLoop.now) {
        idle.removeAll { entry in
            let stale = entry.until <= now || !isQuiet(entry.peer)
            if stale { entry.peer.stream.close() }
            return stale
        }
    }

    func closeAll() {
        for entry in idle { entry.peer.stream.close() }
        idle.removeAll()
    }

    /// An idle server has nothing to say; a byte or an end of its own accord spoils the connection.
    private func isQuiet(_ peer: Peer) -> Bool { !peer.fill() && !peer.hasEnded && peer.buffered == 0 }
}
