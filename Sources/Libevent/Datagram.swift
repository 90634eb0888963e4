internal import Glibc

/// Single messages to a Unix-domain datagram socket.
package enum Datagram {
    /// Sends `text` without waiting. A message that nobody takes is lost.
    /// - Parameter path: a path, or `@` and a name in the abstract namespace.
    /// - Throws: the system's error.
    package static func send(_ text: String, to path: String) throws(SystemError) {
        let address =
            path.hasPrefix("@")
            ? try SocketAddress.unix(abstract: String(path.dropFirst())) : try SocketAddress.unix(path: path)
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw .current }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        let sent = unsafe address.withPointer { address, length in
            unsafe bytes.withUnsafeBytes { unsafe sendto(descriptor, $0.baseAddress, $0.count, flags, address, length) }
        }
        guard sent == bytes.count else { throw .current }
    }
}
