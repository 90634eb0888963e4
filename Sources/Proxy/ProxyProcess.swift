package import Configuration
internal import Glibc
internal import Libevent
internal import Logging

/// The running proxy: a control loop on the calling thread (signals, admin listener, exchanges, keys) and one
/// worker on a thread of its own for each event loop.
package struct ProxyProcess {
    private let shared: Shared
    private let workers: [Worker]
    private let control: EventLoop
    private let admin: AdminDesk
    private let dial: LogDial
    private let inherited: InheritedSockets
    private let manager: ServiceManager

    /// Before anything else: opens the null device where one of the first three descriptors is closed, or the log would be
    /// written into the next socket; and has early signals ignored.
    package static func prepare() {
        UnixSignal.ignoreBrokenPipes()
        // What it asks for is just being done.
        UnixSignal.ignore(.hangup)
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one.
            unsafe _ = open("/dev/null", O_RDWR)
        }
    }

    /// Serves until SIGTERM or SIGINT, then drains. SIGHUP, or a change of a file, has the configuration read again.
    /// - Parameter source: where it is read again from.
    /// - Throws: `StartFault` when it can't begin.
    package static func run(_ loaded: LoadedConfiguration, from source: ConfigurationSource) throws(StartFault) {
        let inherited = try InheritedSockets(source.environment)
        let process = try ProxyProcess(try inherited.settled(loaded.configuration), inherited, source.environment)
        let control = process.control
        let reloader = process.reloader(source, loaded.files)
        let stopper = Stopper(process.shared, process.workers, control, process.manager)
        stopper.leavesQueue = process.inherited.listen != nil
        let terminate = UnixSignal(.terminate, on: control) { stopper.stop() }
        let interrupt = UnixSignal(.interrupt, on: control) { stopper.stop() }
        let hangup = UnixSignal(.hangup, on: control) { Task.detached { await reloader.reload(.signal) } }
        Task.detached { await reloader.watch() }
        process.manager.watch(process.workers, on: control)
        process.manager.ready()
        control.run()
        withExtendedLifetime((terminate, interrupt, hangup, process.admin)) {}
        LogSink.standardError.finish(within: 1000)
    }

    private init(
        _ configuration: ProxyConfiguration, _ inherited: InheritedSockets, _ environment: [String: String]
    ) throws(StartFault) {
        let restraint = Restraint(configuration)
        dial = LogDial(configuration.log)
        manager = ServiceManager(environment)
        self.inherited = inherited
        let log = Logger(label: "obo-proxy", dial)
        restraint.tell(log)
        let count = configuration.workers ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
        do {
            control = try EventLoop()
        } catch { throw .unusable("workers", "\(error)") }
        shared = try Shared(configuration, workers: count, log: log, control: control)
        var workers: [Worker] = []
        do {
            for _ in 0..<count { workers.append(try Worker(shared)) }
        } catch { throw .unusable("workers", "\(error)") }
        self.workers = workers
        DescriptorCeiling.set(shared.lasting.files.ceiling)
        shared.warnOfTooFewFiles()
        admin = AdminDesk(shared, workers, on: control)
        let (sockets, adminSocket) = try inherited.completed(configuration, count: count)
        let desk = admin
        if let adminSocket { Task.detached(executorPreference: control) { await desk.listen(on: adminSocket) } }
        for worker in workers {
            do { try worker.loop.start() } catch { throw .unusable("workers", "\(error)") }
        }
        // From the control loop, so that it turns before the first request: connections may be waiting already.
        Task.detached(executorPreference: control) { [workers] in
            for (worker, socket) in zip(workers, sockets) { await worker.begin(on: socket) }
        }
        log.notice(
            "listening",
            metadata: [
                "event": "listening", "address": "\(Self.text(of: configuration.listen, sockets.first))",
                "admin": "\(configuration.admin.map { Self.text(of: $0, adminSocket) } ?? "off")",
                "workers": "\(count)", "servers": "\(shared.services.map(\.name).joined(separator: " "))",
            ])
    }

    private func reloader(_ source: ConfigurationSource, _ files: FilePrints) -> Reloader {
        Reloader(
            source, files, shared, workers, admin, control: control, inherited: inherited, manager: manager, dial: dial)
    }

    private static func text(of address: ListenAddress, _ socket: Int32?) -> String {
        guard let bound = socket.flatMap({ Listener.address(of: $0) }), bound.port > 0 else { return "\(address)" }
        return bound.text
    }
}

/// SIGTERM's way: no new connections, the calls in flight finish, and a last moment for those that don't.
private final class Stopper {
    private let lasting: Lasting
    private let log: Logger
    private let workers: [Worker]
    private let control: EventLoop
    private let manager: ServiceManager
    /// Whether others go on accepting from our socket.
    var leavesQueue = false
    private var isStopping = false

    init(_ shared: Shared, _ workers: [Worker], _ control: EventLoop, _ manager: ServiceManager) {
        (lasting, log) = (shared.lasting, shared.log)
        (self.workers, self.control, self.manager) = (workers, control, manager)
    }

    func stop() {
        // A second signal does not wait.
        guard !isStopping else { return control.stop() }
        isStopping = true
        lasting.beginDraining()
        log.notice("draining", metadata: ["event": "draining", "within_ms": .stringConvertible(lasting.shutdown)])
        manager.stopping()
        let (workers, control, leavesQueue, lasting, log) = (workers, control, leavesQueue, lasting, log)
        let milliseconds = lasting.shutdown
        Task.detached(executorPreference: control) {
            await withTaskGroup { group in
                for worker in workers {
                    group.addTask(executorPreference: worker.loop) { await worker.drain(leavesQueue: leavesQueue) }
                }
                await group.waitForAll()
            }
            log.notice("drained", metadata: ["event": "drained"])
            control.stop()
        }
        Task.detached(executorPreference: control) {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            lasting.limits.reached(.shutdown)
            control.stop()
        }
    }
}
