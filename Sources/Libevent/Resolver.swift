internal import Dispatch
internal import Glibc
internal import Synchronization

/// Why a name gave no address.
package enum ResolveFault: Error, Sendable {
    /// The resolver's own answer, such as "Name or service not known".
    case notFound(String)
    /// Too many look-ups are under way; a dead name server must not collect threads without bound.
    case tooMany
}

/// Names to addresses without blocking an event loop.
///
/// It asks the system's `getaddrinfo` on another thread rather than libevent's own DNS client: only the
/// system's honours nsswitch, search lists and what a container runtime adds.
package enum Resolver {
    private static let underway = Atomic<Int>(0)
    private static let most = 32

    /// The addresses of `host`, in the system's order of preference (RFC 6724). Literals are answered at once.
    package static func addresses(of host: String, port: UInt16) async throws(ResolveFault) -> [SocketAddress] {
        if let literal = try? lookUp(host, port, AI_NUMERICHOST).get() { return literal }
        guard underway.add(1, ordering: .relaxed).newValue <= most else {
            underway.subtract(1, ordering: .relaxed)
            throw .tooMany
        }
        let answer = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let answer = lookUp(host, port, AI_ADDRCONFIG)
                underway.subtract(1, ordering: .relaxed)
                continuation.resume(returning: answer)
            }
        }
        return try answer.get()
    }

    /// Blocks the calling thread; for start-up only.
    package static func addressesBlocking(of host: String, port: UInt16) throws(ResolveFault) -> [SocketAddress] {
        try lookUp(host, port, 0).get()
    }

    private static func lookUp(
        _ host: String, _ port: UInt16, _ flags: Int32
    ) -> Result<[SocketAddress], ResolveFault> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = flags
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else { return .failure(.notFound(unsafe String(cString: gai_strerror(status)))) }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                found.append(unsafe SocketAddress(copying: address, length: entry.pointee.ai_addrlen))
            }
            unsafe next = entry.pointee.ai_next
        }
        return .success(found)
    }
}
