internal import Glibc
internal import Libevent

/// What systemd is told about us (sd_notify(3)), without its library. Says nothing where nobody listens.
struct ServiceManager: Sendable {
    private let socket: String?
    /// Milliseconds between two signs of life; nil where none are wanted.
    let watchdog: Int?

    init(_ environment: [String: String]) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0
        // Twice within the time after which we are taken for dead.
        watchdog = isForUs && interval > 0 ? max(interval / 2000, 1) : nil
    }

    func ready() { say("READY=1") }

    func reloading() {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        say("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec &* 1_000_000 &+ now.tv_nsec / 1000)")
    }

    func stopping() { say("STOPPING=1") }

    func alive() { say("WATCHDOG=1") }

    /// A manager that has gone is no reason to stop serving.
    private func say(_ state: String) {
        guard let socket else { return }
        try? Datagram.send(state, to: socket)
    }

    /// Gives signs of life as long as every loop turns: one that is stuck keeps its requests waiting for ever.
    func watch(_ workers: [Worker], on control: EventLoop) {
        guard socket != nil, let watchdog else { return }
        Task.detached(executorPreference: control) {
            while true {
                await withTaskGroup { group in
                    for worker in workers { group.addTask(executorPreference: worker.loop) { await worker.turn() } }
                    await group.waitForAll()
                }
                alive()
                try? await Task.sleep(for: .milliseconds(watchdog))
            }
        }
    }
}
