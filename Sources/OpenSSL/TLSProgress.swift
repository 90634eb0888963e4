/// How one step of a TLS session went. Closed: a caller that forgets a case does not compile.
package enum TLSProgress: Equatable, Sendable {
    /// Finished, with that many bytes of content read or written (0 for a handshake or a shutdown).
    case done(Int)
    /// Nothing moved; try again when the socket can be read.
    case wantsRead
    /// Nothing moved; try again when the socket can be written.
    case wantsWrite
    /// The peer ended its side properly (`close_notify`): what was read is complete.
    case closed
    /// The connection ended or was reset without `close_notify`: what was read may be a part only and must
    /// never pass for a whole body.
    case truncated
    /// The session is broken; drop it.
    case failed(TLSFault)
}
