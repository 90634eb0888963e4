internal import COpenSSL

/// How this process connects to others by TLS: 1.2 or newer, the peer always verified. One per set of trust
/// anchors, shared by all event loops; it also keeps the peers' session tickets, so that later connections
/// to the same host and port take the short handshake.
package final class TLSClientContext: Sendable {
    let context: SSLContext
    let tickets = TLSTickets()

    /// - Parameter extraTrust: who is trusted besides those that the system trusts.
    /// - Parameter identity: the certificate to show to peers that ask for one.
    /// - Throws: `TLSSetupFault`; `.unusableIdentity` for a certificate that TLS here is too strict for.
    package init(extraTrust: TrustAnchors? = nil, identity: CertifiedKey? = nil) throws(TLSSetupFault) {
        context = unsafe try SSLContext(TLS_client_method())
        let pointer = unsafe context.pointer
        guard unsafe SSL_CTX_set_default_verify_paths(pointer) == 1, unsafe Self.offerHTTP(pointer) else {
            throw .libraryUnavailable
        }
        if let extraTrust, !context.trust(extraTrust) { throw .libraryUnavailable }
        if let identity, !context.use(identity) { throw .unusableIdentity }
        unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        // Tickets are kept here by peer, not by the library, which would not know which peer they are for.
        unsafe obo_SSL_CTX_set_session_cache_mode(
            pointer, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP))
        unsafe SSL_CTX_sess_set_new_cb(pointer, keepTicket)
    }

    /// Offers HTTP/1.1 and nothing else (RFC 7301).
    private static func offerHTTP(_ pointer: OpaquePointer) -> Bool {
        let offer: [UInt8] = [8] + Array("http/1.1".utf8)
        return unsafe SSL_CTX_set_alpn_protos(pointer, offer, UInt32(offer.count)) == 0
    }
}

/// The library hands over a ticket that arrived. It runs only inside a call on the session, which is therefore alive.
/// - Returns: 1 when the reference now is ours.
private let keepTicket: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, ticket in
    guard let ticket = unsafe ticket, let raw = unsafe SSL_get_ex_data(ssl, 0) else { return 0 }
    return unsafe Unmanaged<TLSSession>.fromOpaque(raw).takeUnretainedValue().keep(adopting: ticket) ? 1 : 0
}
