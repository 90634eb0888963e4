import Glibc

@testable import OpenSSL

/// A client and a server over a socket pair, moved in turns by one thread. Sockets are non-blocking, so nothing waits.
final class TLSPair {
    var client: TLSSession?
    var server: TLSSession?
    private(set) var sockets: [Int32] = [-1, -1]

    init(
        _ clientContext: TLSClientContext, _ serverContext: TLSServerContext, host: String = "tickets.test",
        port: UInt16 = 443
    ) throws {
        signal(SIGPIPE, SIG_IGN)
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &sockets) == 0 else {
            throw TestFailure.openSSL
        }
        client = try TLSSession(clientContext, socket: sockets[0], host: host, port: port)
        server = try TLSSession(serverContext, socket: sockets[1])
    }

    deinit { for socket in sockets where socket >= 0 { close(socket) } }

    /// Ends one side's connection without a word.
    func cut(client isClient: Bool) {
        if isClient { client = nil } else { server = nil }
        close(sockets[isClient ? 0 : 1])
        sockets[isClient ? 0 : 1] = -1
    }

    /// Handshakes until neither side wants more, or for a bounded number of turns.
    func shake() -> (client: TLSProgress, server: TLSProgress) {
        var results: (TLSProgress, TLSProgress) = (.wantsRead, .wantsRead)
        for _ in 0..<20 {
            if results.0.isWaiting, let client { results.0 = client.handshake() }
            if results.1.isWaiting, let server { results.1 = server.handshake() }
            if !results.0.isWaiting, !results.1.isWaiting { break }
        }
        return results
    }

    /// Reads once at the client, or the server.
    func read(client isClient: Bool, atMost count: Int = 65536) -> (TLSProgress, [UInt8]) {
        guard let session = isClient ? client : server else { return (.truncated, []) }
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { session.read(into: $0) }
        if case .done(let count) = result { return (result, Array(bytes.prefix(count))) }
        return (result, [])
    }

    func write(client isClient: Bool, _ bytes: [UInt8]) -> TLSProgress {
        guard let session = isClient ? client : server else { return .truncated }
        return bytes.withUnsafeBytes { session.write(from: $0) }
    }
}

extension TLSProgress {
    var isWaiting: Bool { self == .wantsRead || self == .wantsWrite }
}
