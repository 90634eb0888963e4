internal import Glibc

/// Why no connection came about.
package enum ConnectFault: Error, Sendable {
    /// The name has no address.
    case unresolved(ResolveFault)
    /// Every address refused or failed; the last one's error.
    case refused(SystemError)
    /// The time was over.
    case timedOut
}

extension Stream {
    /// Connects to `host`, trying each of its addresses in turn within one deadline; an address that neither
    /// accepts nor refuses gets its share of the time only.
    package static func connect(
        to host: String, port: UInt16, on loop: EventLoop, within milliseconds: Int, below ceiling: Int = .max
    ) async throws(ConnectFault) -> Stream {
        let deadline = EventLoop.now &+ UInt64(max(milliseconds, 1))
        let addresses: [SocketAddress]
        do {
            addresses = try await Resolver.addresses(of: host, port: port, within: milliseconds)
        } catch {
            if case .timedOut = error { throw .timedOut }
            throw .unresolved(error)
        }
        var last = ConnectFault.refused(SystemError(EHOSTUNREACH))
        for (index, address) in addresses.enumerated() {
            let now = EventLoop.now
            guard now < deadline else { throw .timedOut }
            let share = Int(deadline - now) / (addresses.count - index)
            do { return try await connect(to: address, on: loop, within: share, below: ceiling) } catch { last = error }
        }
        throw last
    }

    /// Connects to one address.
    /// - Parameter ceiling: a descriptor of this number or more counts as none.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, within milliseconds: Int, below ceiling: Int = .max
    ) async throws(ConnectFault) -> Stream {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw .refused(.current) }
        guard Int(descriptor) < ceiling, !DescriptorCeiling.isReached(by: descriptor) else {
            Glibc.close(descriptor)
            throw .refused(SystemError(EMFILE))
        }
        if address.family != AF_UNIX { setNoDelay(descriptor) }
        let status = unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
        let error = SystemError.current
        let stream = Stream(adopting: descriptor, on: loop)
        if status == 0 { return stream }
        guard error.code == EINPROGRESS else { throw .refused(error) }
        try await stream.finishConnecting(on: loop, within: milliseconds)
        return stream
    }

    private func finishConnecting(on loop: EventLoop, within milliseconds: Int) async throws(ConnectFault) {
        let wakeup = Wakeup(on: loop)
        defer {
            self.wakeup = nil
            wakeup.invalidate()
        }
        self.wakeup = wakeup
        wakeup.expire(after: milliseconds)
        armWrite()
        while true {
            await wakeup.wait()
            if wakeup.expired {
                close()
                throw .timedOut
            }
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            if error != 0 {
                close()
                throw .refused(SystemError(error))
            }
            if isConnected { return }
        }
    }

    private var isConnected: Bool {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &peer) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getpeername(descriptor, $0, &length) == 0
            }
        }
    }
}

/// Small messages must leave at once: a progress event that waits for an acknowledgement is late (RFC 896's
/// algorithm against event streams).
func setNoDelay(_ descriptor: Int32) {
    var on: Int32 = 1
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
}
