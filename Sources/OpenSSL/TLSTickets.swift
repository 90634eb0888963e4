internal import COpenSSL
internal import Synchronization

/// One remembered TLS session of a peer.
///
/// `@unchecked Sendable`: the library counts references atomically and does not change a remembered session.
/// `@safe`: owned here, freed in `deinit`.
@safe
final class TLSTicket: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter adopting: freed here from now on.
    init(adopting pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe SSL_SESSION_free(pointer) }
}

/// The newest ticket of each peer. Bounded: peers are configured, but addresses behind a name may be many.
final class TLSTickets: Sendable {
    /// Peers remembered; one more and all are forgotten, which costs each a full handshake.
    static let bound = 256
    private let newest = Mutex<[String: TLSTicket]>([:])

    subscript(peer: String) -> TLSTicket? {
        get { newest.withLock { $0[peer] } }
        set {
            newest.withLock {
                if $0.count >= Self.bound && $0[peer] == nil { $0.removeAll() }
                $0[peer] = newValue
            }
        }
    }
}
