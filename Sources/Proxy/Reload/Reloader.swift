internal import Configuration
internal import Libevent
internal import Logging
internal import OnBehalfOf

/// Puts a changed configuration in force: all of it, or nothing. Away from the loops, since it reads files and makes TLS
/// contexts; the loops only change over to what is ready.
actor Reloader {
    /// Why the configuration is looked at.
    enum Cause: String {
        case signal, file
    }

    private let source: ConfigurationSource
    private let workers: [Worker]
    private let admin: AdminDesk
    private let control: EventLoop
    private let inherited: InheritedSockets
    private let manager: ServiceManager
    private let dial: LogDial
    private let log: ReloadLog
    private var current: Shared
    /// What the last attempt found in the files.
    private var tried: FilePrints
    private var isBusy = false
    private var asked: Cause?

    /// Milliseconds between two looks at the files. A file's change counts when two looks have found the same: one that is
    /// being written may look like a whole one with half of its servers.
    private static let pause = 1000
    /// How many looks in a row may find something else before a file that is at rest is taken without the others.
    private static let mostRestless = 2

    init(
        _ source: ConfigurationSource, _ files: FilePrints, _ current: Shared, _ workers: [Worker], _ admin: AdminDesk,
        control: EventLoop, inherited: InheritedSockets, manager: ServiceManager, dial: LogDial
    ) {
        (self.source, self.current, self.workers, self.admin) = (source, current, workers, admin)
        (self.control, self.inherited, self.manager, self.dial) = (control, inherited, manager, dial)
        tried = files.watchable()
        log = ReloadLog(current.log, current.lasting.reloads)
    }

    /// Looks at the files again and again: what they hold, not what their directories say, so that any way of putting
    /// another file in place is noticed.
    func watch() async {
        var before = tried
        var restless = 0
        while !current.isDraining {
            try? await Task.sleep(for: .milliseconds(Self.pause))
            let now = tried.again()
            restless = now == before ? 0 : restless &+ 1
            // One that is never at rest must not keep the news of all others from being noticed.
            if now == before
                ? now != tried : restless > Self.mostRestless && now.hasSettled(since: before, unlike: tried)
            {
                await reload(.file)
                restless = 0
            }
            before = now
        }
    }

    /// Reads everything anew. One at a time: what is asked for meanwhile is done afterwards.
    func reload(_ cause: Cause) async {
        asked = cause
        guard !isBusy else { return }
        isBusy = true
        while let cause = asked {
            asked = nil
            guard !current.isDraining else { break }
            manager.reloading()
            await attempt(cause)
            if !current.isDraining { manager.ready() }
        }
        isBusy = false
    }

    private func attempt(_ cause: Cause) async {
        let seen = SeenFiles()
        do throws(ConfigurationErrors) {
            let next = try source.loadAgain(seen).configuration
            tried = seen.prints
            let changed = next.changes(since: current.configuration)
            guard !changed.isEmpty else { return log.unchanged(cause, current.generation) }
            await apply(next, changed, cause)
        } catch {
            tried = seen.prints
            log.refused(cause, current.generation, error.problems.map { "\($0)" })
        }
    }

    private func apply(_ configuration: ProxyConfiguration, _ changed: [String], _ cause: Cause) async {
        let known = await current.keys.known
        do throws(StartFault) {
            let configuration = try inherited.settled(configuration)
            let next = try Shared(
                configuration, workers: workers.count, log: current.log, control: control, after: current, known: known)
            let sockets = try NewSockets(next, after: current, changed, inherited, count: workers.count)
            await change(over: next, sockets)
            log.applied(cause, next.generation, changed, sockets.needsRestart)
            next.warnOfTooFewFiles()
        } catch { log.refused(cause, current.generation, ["\(error)"]) }
    }

    /// Nothing from here on can fail.
    private func change(over next: Shared, _ sockets: NewSockets) async {
        next.lasting.adopt(next.configuration)
        dial.adopt(next.configuration.log)
        await admin.adopt(next)
        if let socket = sockets.admin { await admin.listen(on: socket) }
        await withTaskGroup { group in
            for (index, worker) in workers.enumerated() {
                let socket = sockets.listen.map { $0[index] }
                group.addTask(executorPreference: worker.loop) { await worker.adopt(next, on: socket) }
            }
            await group.waitForAll()
        }
        current = next
    }
}

/// The sockets that a changed configuration wants in place of the present ones, bound.
private struct NewSockets {
    /// One for each worker; nil to go on with the present ones.
    private(set) var listen: [Int32]?
    /// The socket, or that there shall be none; nil to go on as now.
    private(set) var admin: Int32??
    /// Keys whose change cannot be put in force here.
    private(set) var needsRestart: [String] = []

    init(
        _ next: Shared, after current: Shared, _ changed: [String], _ inherited: InheritedSockets, count: Int
    ) throws(StartFault) {
        let (new, old) = (next.configuration, current.configuration)
        if new.workers != old.workers { needsRestart.append("workers") }
        if new.hardening != old.hardening { needsRestart.append("hardening") }
        if new.reusePort != old.reusePort, new.listen == old.listen { needsRestart.append("reuse_port") }
        if inherited.listen != nil, changed.contains("listen") { needsRestart.append("listen") }
        if inherited.admin != nil, changed.contains("admin.listen") { needsRestart.append("admin.listen") }
        if new.listen != old.listen {
            listen = try Sockets.bind(new.listen, count: count, shares: new.reusePort)
        }
        guard new.admin != old.admin else { return }
        guard let address = new.admin else {
            admin = .some(nil)
            return
        }
        do throws(StartFault) { admin = try Sockets.bind(address, count: 1).first } catch {
            Sockets.close(listen ?? [])
            throw error
        }
    }
}
