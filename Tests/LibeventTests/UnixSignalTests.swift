import Glibc
import Synchronization
import Testing

@testable import Libevent

@Suite struct UnixSignalTests {
    /// A signal that comes once more while a process is leaving must not kill it.
    @Test func callsItsHandlerAndIsIgnoredAfterwards() throws {
        let loop = try EventLoop()
        let came = Mutex(0)
        var hangup: UnixSignal? = UnixSignal(.hangup, on: loop) {
            came.withLock { $0 += 1 }
            loop.stop()
        }
        kill(getpid(), SIGHUP)
        loop.run()
        #expect(came.withLock { $0 } == 1)
        withExtendedLifetime(hangup) {}
        hangup = nil
        kill(getpid(), SIGHUP)
        #expect(came.withLock { $0 } == 1)
    }
}
