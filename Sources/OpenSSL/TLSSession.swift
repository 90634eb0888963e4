internal import COpenSSL

#if canImport(Glibc)
    internal import Glibc
#endif

/// One TLS connection over a non-blocking socket. The socket stays the caller's, and must be open as long as this is used.
///
/// Not Sendable: it belongs to one connection on one event loop. The process must ignore SIGPIPE.
/// The library reads ahead: after `read` has returned bytes there may be more that no readiness event will announce,
/// so read until `.wantsRead`. A session that failed once says `.truncated` to everything after.
///
/// `@safe`: owns its `SSL`, frees it in `deinit`, never hands it out.
@safe
package final class TLSSession {
    private let ssl: OpaquePointer
    private let tickets: TLSTickets?
    private let peer: String
    private var broken = false

    private init(_ context: SSLContext, socket: Int32, tickets: TLSTickets?, peer: String) throws(TLSFault) {
        ErrorQueue.clear()
        guard let ssl = unsafe SSL_new(context.pointer) else { throw .other(ErrorQueue.drain()) }
        unsafe self.ssl = ssl
        (self.tickets, self.peer) = (tickets, peer)
        guard unsafe SSL_set_fd(ssl, socket) == 1 else { throw .other(ErrorQueue.drain()) }
    }

    /// The accepting end.
    /// - Throws: `.other`.
    package convenience init(_ context: TLSServerContext, socket: Int32) throws(TLSFault) {
        try self.init(context.context, socket: socket, tickets: nil, peer: "")
        unsafe SSL_set_accept_state(ssl)
    }

    /// The connecting end. The peer's certificate must be for `host`.
    /// - Parameter host: a DNS name, sent as SNI, or an IP address (without brackets), which is not (RFC 6066 §3).
    /// - Parameter port: tells apart peers of one name when tickets are remembered.
    /// - Throws: `.invalidHost`, `.other`.
    package convenience init(
        _ context: TLSClientContext, socket: Int32, host: String, port: UInt16
    ) throws(TLSFault) {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        try self.init(context.context, socket: socket, tickets: context.tickets, peer: "\(name):\(port)")
        try expect(name)
        // `keepTicket` finds this session by slot 0; it holds no reference, since the library calls it only from within.
        unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        if let ticket = context.tickets[peer] { unsafe SSL_set_session(ssl, ticket.pointer) }
        unsafe SSL_set_connect_state(ssl)
    }

    deinit {
        // Without this the library would mark the session's ticket as unusable, though only the connection ended.
        if !broken { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
        unsafe SSL_free(ssl)
    }

    /// An empty or odd name must fail here: the library takes an empty one for "check nothing".
    private func expect(_ host: String) throws(TLSFault) {
        guard !host.isEmpty, host.utf8.count <= 255, !host.utf8.contains(where: { $0 <= 32 || $0 >= 127 }) else {
            throw .invalidHost
        }
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 { return }
        guard unsafe SSL_set1_host(ssl, host) == 1, unsafe obo_SSL_set_tlsext_host_name(ssl, host) == 1 else {
            throw .invalidHost
        }
        unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    }

    /// Takes the handshake as far as the socket allows. `.done(0)`: the peer is verified, content may flow.
    package func handshake() -> TLSProgress {
        guard !broken else { return .truncated }
        ErrorQueue.clear()
        return progress(unsafe SSL_do_handshake(ssl), errno, 0)
    }

    /// Reads content into `buffer`; `.done` with 1 or more bytes unless the buffer is empty.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSProgress {
        guard buffer.count > 0 else { return .done(0) }
        guard !broken else { return .truncated }
        ErrorQueue.clear()
        var count = 0
        let result = unsafe SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if result == 1 { return .done(count) }
        return progress(result, errno, count)
    }

    /// Writes content; fewer bytes than given is usual. After `.wantsRead` or `.wantsWrite` the next call must
    /// begin with the same bytes and hold at least as many, at any address.
    package func write(from buffer: UnsafeRawBufferPointer) -> TLSProgress {
        guard buffer.count > 0 else { return .done(0) }
        guard !broken else { return .truncated }
        ErrorQueue.clear()
        var count = 0
        let result = unsafe SSL_write_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if result == 1 { return .done(count) }
        return progress(result, errno, count)
    }

    /// Sends `close_notify`; `.done(0)` once it is with the socket. The peer's answer is not awaited.
    package func shutdown() -> TLSProgress {
        // The library forbids it after a fatal error and before the handshake is through.
        guard !broken, unsafe SSL_is_init_finished(ssl) == 1 else { return .done(0) }
        ErrorQueue.clear()
        let result = unsafe SSL_shutdown(ssl)
        return result >= 0 ? .done(0) : progress(result, errno, 0)
    }

    /// Whether bytes are waiting inside that no readiness event will announce.
    package var hasBuffered: Bool { unsafe SSL_has_pending(ssl) == 1 }

    /// Whether a remembered ticket spared the full handshake.
    package var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// The agreed version, for example `TLSv1.3`.
    package var version: String {
        guard let text = unsafe SSL_get_version(ssl) else { return "unknown" }
        return unsafe String(cString: text)
    }

    /// The last second of the peer's certificate, since 1970; nil before the handshake and without one.
    package var peerValidUntil: Int? {
        guard let certificate = unsafe SSL_get0_peer_certificate(ssl) else { return nil }
        return unsafe Certificate.seconds(X509_get0_notAfter(certificate))
    }

    /// Called by `keepTicket` while one of the calls above runs.
    func keep(adopting ticket: OpaquePointer) -> Bool {
        guard let tickets, unsafe SSL_SESSION_is_resumable(ticket) == 1 else { return false }
        tickets[peer] = unsafe TLSTicket(adopting: ticket)
        return true
    }

    /// - Parameter error: `errno` as the call left it.
    private func progress(_ result: Int32, _ error: Int32, _ count: Int) -> TLSProgress {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_NONE: return .done(count)
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed
        case SSL_ERROR_SYSCALL:
            broken = true
            ErrorQueue.drain()
            return error == 0 || error == ECONNRESET || error == EPIPE ? .truncated : .failed(.socket(error))
        default:
            broken = true
            let ended = ErrorQueue.newestIs(SSL_R_UNEXPECTED_EOF_WHILE_READING, of: ERR_LIB_SSL)
            let fault = TLSFault(
                code: ErrorQueue.drain(),
                certificateFinding: Int32(truncatingIfNeeded: unsafe SSL_get_verify_result(ssl)))
            return ended ? .truncated : .failed(fault)
        }
    }
}
