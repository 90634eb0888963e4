internal import Libevent
internal import OpenSSL

/// Puts a TLS session between a stream and its socket.
final class TLSTransport: Transport {
    private let session: TLSSession
    /// What broke the session.
    private(set) var fault: TLSFault?

    init(_ session: TLSSession) { self.session = session }

    func read(into space: UnsafeMutableRawBufferPointer) -> TransportResult { unsafe result(session.read(into: space)) }

    func write(from bytes: UnsafeRawBufferPointer) -> TransportResult { unsafe result(session.write(from: bytes)) }

    var hasBuffered: Bool { session.hasBuffered }

    /// The last second of the peer's certificate, since 1970.
    var peerValidUntil: Int? { session.peerValidUntil }

    func sayGoodbye() { _ = session.shutdown() }

    private func result(_ progress: TLSProgress) -> TransportResult {
        switch progress {
        case .done(let count): .done(count)
        case .wantsRead: .wantsRead
        case .wantsWrite: .wantsWrite
        case .closed: .end(clean: true)
        case .truncated: .end(clean: false)
        case .failed(let fault): failed(fault)
        }
    }

    private func failed(_ fault: TLSFault) -> TransportResult {
        self.fault = fault
        return .failed
    }
}

extension Stream {
    /// Shakes hands and has everything from now on encrypted.
    /// - Throws: what was wrong with the peer; nil when it took too long.
    func secure(with session: TLSSession, _ wakeup: Wakeup, within milliseconds: Int) async throws(HandshakeFault) {
        self.wakeup = wakeup
        wakeup.expire(after: milliseconds)
        defer { wakeup.neverExpire() }
        while true {
            switch session.handshake() {
            case .done:
                transport = TLSTransport(session)
                return
            case .wantsRead: waitForReadiness()
            case .wantsWrite: armWrite()
            case .closed, .truncated: throw .cut
            case .failed(let fault): throw .refused(fault)
            }
            await wakeup.wait()
            if wakeup.expired { throw .timedOut }
        }
    }
}

/// Why a TLS handshake came to nothing.
enum HandshakeFault: Error {
    case refused(TLSFault)
    case cut
    case timedOut
}
