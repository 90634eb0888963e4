package import Configuration
internal import Glibc
internal import Libevent
internal import Logging
internal import OpenSSL

/// The running proxy: a control loop on the calling thread (signals, admin listener, exchanges, keys) and one
/// worker on a thread of its own for each event loop.
package struct ProxyProcess {
    private let shared: Shared
    private let workers: [Worker]
    private let control: EventLoop
    private let admin: Admin?

    /// Serves until SIGTERM or SIGINT, then drains.
    /// - Returns: 0 after a drain.
    /// - Throws: `StartFault` when it can't begin.
    package static func run(_ configuration: ProxyConfiguration) throws(StartFault) {
        UnixSignal.ignoreBrokenPipes()
        // Workers are not waited for when the time to drain is over.
        OpenSSLLifetime.keepUntilTheEnd()
        let process = try ProxyProcess(configuration)
        let control = process.control
        let stopper = Stopper(
            process.shared, process.workers, control, milliseconds: configuration.timeouts.shutdown.milliseconds)
        let terminate = UnixSignal(.terminate, on: control) { stopper.stop() }
        let interrupt = UnixSignal(.interrupt, on: control) { stopper.stop() }
        control.run()
        withExtendedLifetime((terminate, interrupt, process.admin)) {}
        LogSink.standardError.finish(within: 1000)
    }

    private init(_ configuration: ProxyConfiguration) throws(StartFault) {
        let log = Logger(label: "obo-proxy", configuration.log)
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
        let sockets = try Sockets.bind(configuration.listen, count: count)
        if let address = configuration.admin {
            admin = try Admin(address, shared: shared, workers: workers, on: control)
        } else {
            admin = nil
        }
        for (worker, socket) in zip(workers, sockets) {
            do { try worker.loop.start() } catch { throw .unusable("workers", "\(error)") }
            Task.detached(executorPreference: worker.loop) { await worker.begin(on: socket) }
        }
        let address = Self.text(of: configuration.listen, sockets)
        log.notice(
            "listening",
            metadata: [
                "event": "listening", "address": "\(address)", "admin": "\(admin?.address ?? "off")",
                "workers": "\(count)", "servers": "\(shared.services.map(\.name).joined(separator: " "))",
            ])
    }

    /// Where clients connect: the configured path, or the address with the port that the kernel chose.
    private static func text(of address: ListenAddress, _ sockets: [Int32]) -> String {
        if case .unix = address { return "\(address)" }
        return sockets.first.flatMap { Listener.address(of: $0)?.text } ?? "\(address)"
    }
}

/// SIGTERM's way: no new connections, the calls in flight finish, and a last moment for those that don't.
private final class Stopper {
    private let shared: Shared
    private let workers: [Worker]
    private let control: EventLoop
    private let milliseconds: Int
    private var isStopping = false

    init(_ shared: Shared, _ workers: [Worker], _ control: EventLoop, milliseconds: Int) {
        (self.shared, self.workers, self.control, self.milliseconds) = (shared, workers, control, milliseconds)
    }

    func stop() {
        // A second signal does not wait.
        guard !isStopping else { return control.stop() }
        isStopping = true
        shared.beginDraining()
        let (workers, control, milliseconds) = (workers, control, milliseconds)
        Task.detached(executorPreference: control) {
            await withTaskGroup { group in
                for worker in workers { group.addTask(executorPreference: worker.loop) { await worker.drain() } }
                await group.waitForAll()
            }
            control.stop()
        }
        Task.detached(executorPreference: control) {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            control.stop()
        }
    }
}

/// The listening sockets, one for each worker.
enum Sockets {
    static func bind(_ address: ListenAddress, count: Int) throws(StartFault) -> [Int32] {
        do throws(SystemError) {
            switch address {
            case .unix(let path):
                removeSocket(path)
                let socket = try Listener.bind(.unix(path: path))
                // Workers share the one socket; each closes its own descriptor of it.
                return [socket] + (1..<max(count, 1)).map { _ in dup(socket) }
            case .tcp(let host, let port):
                return try bind(host, port, count)
            }
        } catch { throw .cannotBind("\(address)", "\(error)") }
    }

    private static func bind(_ host: String, _ port: UInt16, _ count: Int) throws(SystemError) -> [Int32] {
        guard let first = try? Resolver.addressesBlocking(of: host, port: port).first else {
            throw SystemError(EADDRNOTAVAIL)
        }
        // Alone at first: sockets that share would also share with another proxy on this port, and each of the two
        // would get half of the requests.
        let alone = try Listener.bind(first)
        guard count > 1 else { return [alone] }
        // With port 0 the kernel chose one, which all take.
        let chosen = Listener.address(of: alone) ?? first
        close(alone)
        return try (0..<count).map { _ throws(SystemError) in try Listener.bind(chosen, shares: true) }
    }

    /// Makes room for our socket where an earlier one was left behind; anything else at the path is not ours to remove.
    private static func removeSocket(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        unsafe _ = unlink(path)
    }
}

extension Logger {
    init(label: String, _ settings: LogSettings) {
        let json = settings.format == .json
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        LogSink.standardError.writes(json: json)
        self.init(label: label) { _ in EventLog(logLevel: level, json: json) }
    }
}
