internal import Glibc

/// A socket address of any family, by value.
package struct SocketAddress: Sendable {
    private(set) var storage: sockaddr_storage
    private(set) var length: socklen_t

    init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        storage = sockaddr_storage()
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(self.length)))
        }
    }

    /// A Unix-domain address.
    /// - Throws: `ENAMETOOLONG` over 107 bytes.
    package static func unix(path: String) throws(SystemError) -> SocketAddress {
        try unix(Array(path.utf8), extent: MemoryLayout<sockaddr_un>.size)
    }

    /// A Unix-domain address in the abstract namespace, which has no file (unix(7)).
    /// - Throws: `ENAMETOOLONG` over 106 bytes.
    package static func unix(abstract name: String) throws(SystemError) -> SocketAddress {
        let bytes = [0] + Array(name.utf8)
        // The name is all that the length covers, zeros included.
        return try unix(bytes, extent: MemoryLayout<sa_family_t>.size + bytes.count)
    }

    private static func unix(_ bytes: [UInt8], extent: Int) throws(SystemError) -> SocketAddress {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { throw SystemError(ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe SocketAddress(copying: $0, length: socklen_t(extent))
            }
        }
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        unsafe withUnsafePointer(to: storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// The address a socket is bound to.
    static func bound(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length) == 0 ? SocketAddress(copying: $0, length: length) : nil
            }
        }
    }

    /// The TCP port, 0 for a Unix address.
    package var port: UInt16 {
        unsafe withUnsafeBytes(of: storage) { bytes in
            guard family == AF_INET || family == AF_INET6 else { return 0 }
            return unsafe UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }

    /// `host:port`, `[v6]:port` or `unix`.
    package var text: String {
        guard family == AF_INET || family == AF_INET6 else { return "unix" }
        return family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The numeric address of an IPv4 or IPv6 one.
    package var host: String {
        var host = [CChar](repeating: 0, count: 64)
        let status = unsafe withPointer { address, length in
            unsafe getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        }
        guard status == 0 else { return "unknown" }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
