internal import CLibevent
internal import Glibc

/// A POSIX signal as an event of one loop. Only one loop of a process can take signals.
///
/// `@safe`: the event is freed in `deinit`, outside of callbacks.
@safe
package final class UnixSignal {
    private let handler: () -> Void
    private var event: OpaquePointer?

    /// The signals an operator sends.
    package enum Name: Sendable {
        case terminate, interrupt, hangup

        var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .hangup: SIGHUP
            }
        }
    }

    /// Calls `handler` on the loop's thread whenever the signal comes. Afterwards it is ignored: somebody's second
    /// SIGTERM would otherwise make a death by signal of the last moment of a drain.
    package init(_ name: Name, on loop: EventLoop, handler: @escaping () -> Void) {
        self.handler = handler
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event = event_new(loop.base, name.number, Int16(EV_SIGNAL | EV_PERSIST), signalCame, me)
        // What the library puts back when the event goes.
        _ = signal(name.number, SIG_IGN)
        unsafe event_add(event, nil)
    }

    deinit { if let event = unsafe event { unsafe event_free(event) } }

    /// Has writes to a closed peer fail with EPIPE instead of killing the process.
    package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

    /// Has a signal do nothing until somebody can heed it.
    package static func ignore(_ name: Name) { _ = signal(name.number, SIG_IGN) }

    fileprivate func call() { handler() }
}

private func signalCame(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<UnixSignal>.fromOpaque(context).takeUnretainedValue().call()
}
