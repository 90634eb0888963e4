internal import CLibevent
internal import Glibc
internal import Synchronization

/// One thread's `event_base`, which is also the executor of everything that runs on it: actors name it as
/// their serial executor and connections as their task preference. Both are needed: without the preference a
/// resumed continuation visits the global pool before it comes back to its actor, and that visit costs more than the
/// rest of a request.
///
/// Each turn waits for events once, lets their callbacks note what is ready, then runs the jobs that became
/// runnable. Jobs never run inside a C callback, so freeing an event can't pull it from under libevent.
///
/// `@unchecked Sendable`: `ready`, `watched`, `standingBack` and the C objects are touched on the loop's own thread alone
/// (`isCurrent` is checked where others could come), the rest is atomic or behind a mutex.
/// `@safe`: the `event_base` is made in `init` and freed in `deinit`, and never leaves this target.
@safe
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    let base: OpaquePointer
    private let alarm: Int32
    private var alarmEvent: OpaquePointer?
    private var tickEvent: OpaquePointer?
    private let owner = Atomic<UInt>(0)
    private let stopping = Atomic<Bool>(false)
    private let alarmed = Atomic<Bool>(false)
    private let arrivals = Mutex<[UnownedJob]>([])
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var watched: [Wakeup] = []
    private var standingBack: [CheckedContinuation<Void, Never>] = []
    /// Called after each turn's jobs, before waiting again: where buffered log lines leave.
    package var afterTurn: (() -> Void)?

    /// Milliseconds between two looks at the deadlines: how late a time-out may fire.
    package static let tick = 100

    /// Makes the base and its alarm.
    /// - Throws: the system's error when no descriptor is left.
    package init() throws(SystemError) {
        guard let configuration = unsafe event_config_new() else { throw SystemError(ENOMEM) }
        defer { unsafe event_config_free(configuration) }
        unsafe event_config_set_flag(configuration, Int32(EVENT_BASE_FLAG_NOLOCK.rawValue))
        guard let base = unsafe event_base_new_with_config(configuration) else { throw SystemError(ENOMEM) }
        let alarm = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard alarm >= 0 else {
            unsafe event_base_free(base)
            throw SystemError.current
        }
        unsafe self.base = base
        self.alarm = alarm
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe alarmEvent = event_new(base, alarm, Int16(EV_READ | EV_PERSIST), alarmRang, me)
        unsafe event_add(alarmEvent, nil)
        unsafe tickEvent = event_new(base, -1, Int16(EV_PERSIST), tickPassed, me)
    }

    deinit {
        if let alarmEvent = unsafe alarmEvent { unsafe event_free(alarmEvent) }
        if let tickEvent = unsafe tickEvent { unsafe event_free(tickEvent) }
        unsafe event_base_free(base)
        close(alarm)
    }

    /// Whether the caller is on this loop's thread.
    @inline(__always) package var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Serves on the calling thread until `stop()`.
    package func run() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        // The system gives a thread's name to the next one, which must not be taken for this loop's.
        defer { owner.store(0, ordering: .relaxed) }
        takeArrivals()
        while true {
            drain()
            if stopping.load(ordering: .acquiring) { break }
            unsafe event_base_loop(base, standingBack.isEmpty ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK)
            if !standingBack.isEmpty { recall() }
        }
    }

    /// Lets every other connection of this loop have its turn first. For a task that never has to wait because its
    /// peers are faster than we are. To be called on the loop.
    package func standBack() async {
        await withCheckedContinuation { standingBack.append($0) }
    }

    private func recall() {
        let waiting = standingBack
        standingBack = []
        for continuation in waiting { continuation.resume() }
    }

    /// Ends `run()` after the jobs at hand. From any thread.
    package func stop() {
        stopping.store(true, ordering: .releasing)
        ring()
    }

    /// Monotonic milliseconds, the scale of `Wakeup.deadline`.
    package static var now: UInt64 { nanoseconds / 1_000_000 }

    /// Milliseconds until `deadline`, 0 when it has passed. The clock is read once: between a comparison and a
    /// subtraction with a reading each, the deadline may pass.
    package static func left(until deadline: UInt64) -> Int {
        let now = now
        return deadline > now ? Int(clamping: deadline &- now) : 0
    }

    /// Monotonic nanoseconds. They pass while the machine sleeps as well: a token whose life went by meanwhile must
    /// not look alive when it wakes.
    @inline(__always) package static var nanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
        } else {
            arrivals.withLock { $0.append(job) }
            ring()
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        unsafe UnownedTaskExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isCurrent, "called off its event loop")
    }

    private func drain() {
        while !ready.isEmpty {
            swap(&ready, &running)
            for job in running {
                unsafe job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            running.removeAll(keepingCapacity: true)
        }
        afterTurn?()
    }

    private func ring() {
        guard !alarmed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        _ = unsafe write(alarm, &one, 8)
    }

    fileprivate func takeArrivals() {
        var count: UInt64 = 0
        _ = unsafe read(alarm, &count, 8)
        alarmed.store(false, ordering: .sequentiallyConsistent)
        arrivals.withLock { waiting in
            ready.append(contentsOf: waiting)
            waiting.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Deadlines

    /// Has `wakeup.deadline` looked at; the tick runs only while there is something to watch.
    func watch(_ wakeup: Wakeup) {
        guard wakeup.slot == nil else { return }
        wakeup.slot = watched.count
        watched.append(wakeup)
        if watched.count == 1 {
            var interval = timeval(tv_sec: 0, tv_usec: Self.tick * 1000)
            unsafe event_add(tickEvent, &interval)
        }
    }

    func unwatch(_ wakeup: Wakeup) {
        guard let slot = wakeup.slot else { return }
        wakeup.slot = nil
        let last = watched.removeLast()
        if last !== wakeup {
            watched[slot] = last
            last.slot = slot
        }
        if watched.isEmpty { unsafe event_del(tickEvent) }
    }

    fileprivate func expireDeadlines() {
        let now = Self.now
        for wakeup in watched where wakeup.deadline <= now { wakeup.expire() }
    }
}

private func alarmRang(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().takeArrivals()
}

private func tickPassed(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().expireDeadlines()
}

/// libevent's own version text.
package var libeventVersion: String { unsafe String(cString: event_get_version()) }
