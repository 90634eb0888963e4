internal import Libevent

/// The chat server's side: one accepted connection and the wakeup that its task waits on.
final class Client {
    let peer: Peer
    let wakeup: Wakeup
    /// Whether another request may follow; cleared by `Connection: close`, by lost framing, while draining and
    /// when clients come in by another door now.
    var staysOpen = true
    /// Whether the peer may still be sending a body that nobody wants: the close must linger.
    var hasUnreadBody = false
    /// Whether the last answer broke off: the close must not look like its end.
    var isCut = false
    /// Whether that answer's end would have been the close itself (HTTP/1.0), so that only a reset shows the cut.
    var isUntilClose = false
    /// Requests served, which tells the first header wait from a keep-alive wait.
    var served = 0
    /// Its place in the worker's list.
    var slot = 0
    /// By which listener, and which rules for who may connect, it was let in.
    let door: Int

    init(_ peer: Peer, wakeup: Wakeup, door: Int) {
        self.door = door
        self.peer = peer
        self.wakeup = wakeup
        peer.stream.wakeup = wakeup
    }

    var stream: Stream { peer.stream }
    /// Whether the client has closed its side, which counts as leaving.
    var hasLeft: Bool { peer.hasEnded || peer.stream.writeFailed }
}
