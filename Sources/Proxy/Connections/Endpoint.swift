internal import Libevent
internal import OpenSSL

/// Where to connect, and how: a server, a token endpoint, a key set.
struct Endpoint: Sendable {
    let host: String
    let port: UInt16
    /// Nil for plain HTTP.
    let tls: TLSClientContext?

    /// Whether connections to the other one are connections to this one.
    func isSame(as other: Endpoint) -> Bool { host == other.host && port == other.port && tls === other.tls }

    /// Opens a connection, TLS included.
    /// - Parameter milliseconds: for all of it.
    func connect(on loop: EventLoop, _ wakeup: Wakeup, within milliseconds: Int, below ceiling: Int = .max)
        async throws(DialFault) -> Stream
    {
        let began = EventLoop.now
        let stream: Stream
        do {
            stream = try await Stream.connect(to: host, port: port, on: loop, within: milliseconds, below: ceiling)
        } catch {
            throw .connect(error)
        }
        guard let tls else { return stream }
        do throws(HandshakeFault) {
            let left = max(milliseconds - Int(EventLoop.now &- began), 1)
            try await stream.secure(with: try session(tls, stream), wakeup, within: left)
            return stream
        } catch {
            stream.close()
            throw .handshake(error)
        }
    }

    private func session(_ tls: TLSClientContext, _ stream: Stream) throws(HandshakeFault) -> TLSSession {
        do { return try TLSSession(tls, socket: stream.descriptor, host: host, port: port) } catch {
            throw .refused(error)
        }
    }
}

/// Why no usable connection came about.
enum DialFault: Error {
    case connect(ConnectFault)
    case handshake(HandshakeFault)

    /// Whether it was the time that ran out.
    var isTimeout: Bool {
        switch self {
        case .connect(.timedOut), .handshake(.timedOut): true
        case .connect(.unresolved), .connect(.refused), .handshake(.cut), .handshake(.refused): false
        }
    }

    /// Whether it was this machine that had nothing left to connect with.
    var isExhaustion: Bool {
        if case .connect(.refused(let error)) = self { error.isDescriptorExhaustion } else { false }
    }

    /// What an operator reads.
    var text: String {
        switch self {
        case .connect(.unresolved(.notFound(let why))): "the name does not resolve: \(why)"
        case .connect(.unresolved(.tooMany)): "too many names are being resolved"
        case .connect(.refused(let error)): "\(error)"
        case .connect(.unresolved(.timedOut)): "the name did not resolve in time"
        case .connect(.timedOut): "no connection in time"
        case .handshake(.refused(let fault)): "TLS: \(fault)"
        case .handshake(.cut): "TLS: the peer closed the connection during the handshake"
        case .handshake(.timedOut): "TLS: no handshake in time"
        }
    }
}
