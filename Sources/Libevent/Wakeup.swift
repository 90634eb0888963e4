/// What one task waits on: any of its streams becoming ready, a deadline passing, or somebody calling `fire`.
///
/// A task that moves bytes between two peers must notice all of them at once; it looks at each after every
/// `wait`, which therefore may return without news. Not Sendable: it lives on one event loop.
/// `@safe`: the continuation is resumed once, by whoever takes it out, and one task waits at a time.
@safe
package final class Wakeup {
    private let loop: EventLoop
    private var continuation: UnsafeContinuation<Void, Never>?
    private var fired = false
    /// Where the loop keeps this in its list of deadlines.
    var slot: Int?

    /// When `expired` turns true, in `EventLoop.now` milliseconds; `.max` for never. Cheap to set per request:
    /// the loop only looks at it every tick.
    package var deadline: UInt64 = .max
    /// Whether the deadline passed since it was last cleared.
    package private(set) var expired = false

    /// - Parameter loop: the loop whose thread the waiting task runs on.
    package init(on loop: EventLoop) {
        self.loop = loop
        loop.watch(self)
    }

    /// Ends the watch over the deadline. Call when the task is done, or the loop keeps this object.
    package func invalidate() { loop.unwatch(self) }

    /// Sets the deadline `milliseconds` from now and clears `expired`.
    package func expire(after milliseconds: Int) {
        expired = false
        deadline = EventLoop.now &+ UInt64(max(milliseconds, 0))
    }

    /// No deadline.
    package func neverExpire() {
        expired = false
        deadline = .max
    }

    /// Resumes the waiting task, or the next `wait` at once.
    @inline(__always)
    package func fire() {
        if let waiting = unsafe continuation {
            unsafe continuation = nil
            unsafe waiting.resume()
        } else {
            fired = true
        }
    }

    func expire() {
        deadline = .max
        expired = true
        fire()
    }

    /// Suspends until the deadline set by `expire(after:)`, whatever else fires.
    package func sleep(milliseconds: Int) async {
        expire(after: milliseconds)
        while !expired { await wait() }
        neverExpire()
    }

    /// Suspends until something fires; returns at once if something did since the last wait.
    package func wait() async {
        if fired {
            fired = false
            return
        }
        // Once more: a task whose preference is another loop gives way to others here, before it is suspended.
        await unsafe withUnsafeContinuation { unsafe fired ? $0.resume() : (continuation = $0) }
        fired = false
    }
}
