internal import CLibevent
internal import Glibc

/// A listening socket on one event loop. Several loops listen on one port by SO_REUSEPORT; a Unix path is
/// bound once and its descriptor shared.
///
/// `@safe`: the events are freed in `close`, on the loop, outside of callbacks.
@safe
package final class Listener {
    /// The address it is bound to, with the port the kernel chose.
    package let address: SocketAddress
    private let loop: EventLoop
    private let descriptor: Int32
    private let accepted: (Int32) -> Void
    /// Called when a connection waits for which there is no descriptor. Inside a callback.
    package var exhausted: (() -> Void)?
    /// From this descriptor number on connections are accepted one a turn of the loop, so that each can be turned away
    /// before the next comes in.
    package var singlyFrom = Int.max
    private var event: OpaquePointer?
    private var pause: OpaquePointer?

    /// Binds a socket for later listening.
    /// - Parameter shares: whether further sockets of the same user may be bound to the address, which the kernel
    ///   then spreads connections over (SO_REUSEPORT).
    /// - Throws: the system's error: address in use, permission.
    package static func bind(_ address: SocketAddress, shares: Bool = false) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw .current }
        if address.family != AF_UNIX {
            var on: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
            if shares { unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, size) }
        }
        let bound = unsafe address.withPointer { unsafe Glibc.bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 4096) == 0 else {
            let error = SystemError.current
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Makes a listening socket that somebody else has bound ready for use here.
    /// - Throws: the system's error; `EINVAL` for a socket that does not listen.
    package static func adopt(_ descriptor: Int32) throws(SystemError) {
        var (listens, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 else { throw .current }
        guard listens != 0 else { throw SystemError(EINVAL) }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .current }
    }

    /// Whether somebody accepts at an address, or has no time to.
    package static func isServed(_ address: SocketAddress) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        return unsafe address.withPointer { unsafe connect(descriptor, $0, $1) } == 0 || errno == EAGAIN
    }

    /// The address of a bound socket.
    package static func address(of descriptor: Int32) -> SocketAddress? { SocketAddress.bound(of: descriptor) }

    /// Closes a bound socket that nobody is to accept on.
    package static func discard(_ descriptor: Int32) { Glibc.close(descriptor) }

    /// Accepts on a bound socket, which it owns from now on. `accepted` gets each new non-blocking descriptor
    /// inside a callback: it may start a task, not run one.
    package init(
        adopting descriptor: Int32, on loop: EventLoop, accepted: @escaping (Int32) -> Void
    ) throws(SystemError) {
        guard let address = SocketAddress.bound(of: descriptor) else { throw .current }
        self.address = address
        self.loop = loop
        self.descriptor = descriptor
        self.accepted = accepted
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event = event_new(loop.base, descriptor, Int16(EV_READ | EV_PERSIST), connectionsWait, me)
        unsafe pause = event_new(loop.base, -1, 0, pauseOver, me)
        unsafe event_add(event, nil)
    }

    deinit { close() }

    /// Stops accepting and closes the socket.
    package func close() {
        guard let event = unsafe event, let pause = unsafe pause else { return }
        unsafe event_free(event)
        unsafe event_free(pause)
        unsafe self.event = nil
        unsafe self.pause = nil
        Glibc.close(descriptor)
    }

    /// Takes the connections that wait, and closes: the kernel resets those that are still in a socket's queue when
    /// it is closed, and their clients have every reason to think that they were taken.
    package func finish() {
        guard unsafe event != nil else { return }
        acceptWaiting(most: 4096)
        close()
    }

    fileprivate func acceptWaiting(most: Int = 64) {
        for _ in 0..<most {
            let connection = obo_accept(descriptor)
            if DescriptorCeiling.isReached(by: connection) {
                Glibc.close(connection)
                exhausted?()
                return rest()
            } else if connection >= 0 {
                setNoDelay(connection)
                accepted(connection)
                if Int(connection) >= singlyFrom { return }
            } else {
                // Without descriptors the socket stays readable: look away for a moment, or the loop spins.
                if SystemError.current.isDescriptorExhaustion {
                    exhausted?()
                    rest()
                }
                return
            }
        }
    }

    private func rest() {
        guard let event = unsafe event, let pause = unsafe pause else { return }
        var moment = timeval(tv_sec: 0, tv_usec: 100_000)
        unsafe event_del(event)
        unsafe event_add(pause, &moment)
    }

    fileprivate func resume() {
        guard let event = unsafe event else { return }
        unsafe event_add(event, nil)
    }
}

private func connectionsWait(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().acceptWaiting()
}

private func pauseOver(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().resume()
}
