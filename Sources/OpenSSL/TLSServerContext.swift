internal import COpenSSL

/// How this process accepts TLS: 1.2 or newer, HTTP/1.1 only, optionally with client certificates. One per listener
/// configuration, shared by all event loops; a reload makes a new one, and running sessions keep the old.
package final class TLSServerContext: Sendable {
    let context: SSLContext

    /// - Parameter identity: what is shown to clients.
    /// - Parameter clients: who vouches for clients; every client must then show a certificate.
    /// - Throws: `TLSSetupFault`; `.unusableIdentity` for a certificate that TLS here is too strict for.
    package init(_ identity: CertifiedKey, clients: TrustAnchors? = nil) throws(TLSSetupFault) {
        context = unsafe try SSLContext(TLS_server_method())
        guard context.use(identity) else { throw .unusableIdentity }
        let pointer = unsafe context.pointer
        // Resumption by stateless tickets only: no table that grows with clients.
        unsafe obo_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
        let name = Array("obo".utf8)
        unsafe SSL_CTX_set_session_id_context(pointer, name, UInt32(name.count))
        unsafe SSL_CTX_set_alpn_select_cb(pointer, chooseHTTP, nil)
        if let clients { try require(clients) }
    }

    private func require(_ clients: TrustAnchors) throws(TLSSetupFault) {
        // Before anything can fail: a context that takes clients without a certificate must never come of this.
        unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        guard context.trust(clients) else { throw .libraryUnavailable }
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        // So that clients can tell which of theirs to show.
        let areNamed = clients.certificates.allSatisfy { certificate in
            unsafe certificate.withPointer { unsafe SSL_CTX_add_client_CA(context.pointer, $0) == 1 } ?? false
        }
        guard areNamed else { throw .libraryUnavailable }
    }
}

/// Picks `http/1.1` from the client's list (RFC 7301 §3.2); a list without it ends the handshake, since
/// the client would speak what nobody here understands. The result points into the library's own copy of the list.
private let chooseHTTP:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
        UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, chosen, chosenLength, offered, count, _ in
        let list = unsafe UnsafeBufferPointer(start: offered, count: Int(count))
        let wanted = Array("http/1.1".utf8)
        var position = 0
        while position < list.count {
            let length = unsafe Int(list[position])
            let end = position &+ 1 &+ length
            guard end <= list.count else { break }
            if unsafe list[(position &+ 1)..<end].elementsEqual(wanted) {
                unsafe chosen?.pointee = offered?.advanced(by: position &+ 1)
                unsafe chosenLength?.pointee = UInt8(truncatingIfNeeded: length)
                return SSL_TLSEXT_ERR_OK
            }
            position = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
