internal import Bytes
internal import HTTP1
internal import Libevent
internal import Logging
internal import MCP
internal import OpenSSL

/// One event loop's share of the requests: everything in it stays on its thread. What workers share is in
/// `Shared`.
actor Worker {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    /// The newest settings. A call has its own, which it began with.
    private(set) var current: Shared
    let metrics: Metrics
    let refusals = RefusalRing()

    /// Where heads and re-framed bodies are put together; empty whenever a stage suspends.
    let out = ByteBuffer(capacity: 16 * 1024)
    /// What is left of one read of an answer that is rewritten; empty outside of `Relay.emit`.
    let passed = ByteBuffer(capacity: 1024)
    let buffers = BufferPool()
    let hasher: SHA256Hasher
    let lines = LineWriter()
    let requestIDs = RequestIDs()
    var date = DateField()
    /// By `Service.index`.
    private var lanes: [Lane] = []
    private let closedPool = UpstreamPool(keeping: 0)
    private var listener: Listener?
    private var clients: [Client] = []
    /// Connections that were accepted and whose tasks have not begun, or that are being turned away.
    private var arriving = 0
    /// Of these, those that are waited for.
    var farewells = 0
    private(set) var isDraining = false
    /// While draining: when connections are closed that ask for nothing.
    private(set) var lastCall = UInt64.max
    /// While draining: when those who still wait for an answer are told that there will be none.
    private var lastMoment = UInt64.max
    private var drained: CheckedContinuation<Void, Never>?

    /// How much may wait for a slow side before the other is no longer read.
    let highWater = 64 * 1024

    init(_ shared: Shared) throws {
        loop = try EventLoop()
        hasher = try SHA256Hasher()
        metrics = Metrics(servers: shared.serverNames.count)
        current = shared
        lanes = Lane.all(of: shared, after: [])
    }

    /// Idle connections to a server, for the calls that reach it in the same way.
    func pool(for service: Service) -> UpstreamPool {
        let lane = lanes[service.index]
        return lane.dial == service.dial ? lane.pool : closedPool
    }

    /// Serves the next requests by these settings.
    /// - Parameter descriptor: the socket to accept on in place of the present one, if it is another.
    func adopt(_ next: Shared, on descriptor: Int32?) {
        // Who came by the old door is let in by its rules.
        if descriptor != nil { listener?.finish() }
        current = next
        metrics.grow(servers: next.serverNames.count)
        lanes = Lane.all(of: next, after: lanes)
        guard let descriptor else { return }
        // After SIGTERM nobody is let in any more.
        if isDraining { Listener.discard(descriptor) } else { listen(on: descriptor) }
    }

    // MARK: Connections

    /// Accepts on a bound socket from now on.
    func begin(on descriptor: Int32) {
        listen(on: descriptor)
        loop.afterTurn = { [lines] in lines.flushIfDue() }
        Task.detached(executorPreference: loop) { await self.keepHouse() }
    }

    private func listen(on descriptor: Int32) {
        listener = try? Listener(adopting: descriptor, on: loop) { [unowned self] connection in
            let shared = self.assumeIsolated { worker in
                worker.arriving += 1
                return worker.current
            }
            Task.detached(executorPreference: self.loop) { await self.take(connection, under: shared) }
        }
        // A crowd at the door would otherwise hold, if only for a moment, what is kept for the operator.
        listener?.singlyFrom = current.lasting.files.clientCeiling
        listener?.exhausted = { [unowned self] in
            self.assumeIsolated { $0.current.lasting.limits.reached(.openFiles) }
        }
    }

    /// - Parameter shared: the settings as they were when it was accepted.
    private func take(_ descriptor: Int32, under shared: Shared) async {
        let stream = Stream(adopting: descriptor, on: loop)
        let client = Client(Peer(stream, pool: buffers), wakeup: Wakeup(on: loop), door: shared.door)
        if let limit = shared.limit(on: descriptor) {
            if limit == .openFiles { for lane in lanes { lane.pool.closeAll() } }
            await turnAway(client, at: limit, under: shared)
            arriving -= 1
            return finishDrain()
        }
        arriving -= 1
        enter(client)
        if await secure(client, under: shared, within: shared.waits.header) {
            await serve(client)
        } else {
            stream.close()
        }
        shared.lasting.exit()
        exit(client)
    }

    private func enter(_ client: Client) {
        client.slot = clients.count
        clients.append(client)
        metrics.record { $0.clientConnections += 1 }
    }

    private func exit(_ client: Client) {
        client.wakeup.invalidate()
        metrics.record { $0.clientConnections -= 1 }
        guard let last = clients.popLast() else { return }
        if last !== client {
            clients[client.slot] = last
            last.slot = client.slot
        }
        finishDrain()
    }

    /// - Returns: whether the client may speak now.
    func secure(_ client: Client, under shared: Shared, within milliseconds: Int) async -> Bool {
        guard let tls = shared.listenerTLS else { return true }
        do {
            let session = try TLSSession(tls, socket: client.stream.descriptor)
            try await client.stream.secure(with: session, client.wakeup, within: milliseconds)
            return true
        } catch HandshakeFault.timedOut {
            shared.lasting.limits.reached(.header)
            return false
        } catch { return false }
    }

    /// Once a second: closes idle connections to servers whose time is over, and tells what limits did.
    private func keepHouse() async {
        let wakeup = Wakeup(on: loop)
        while !isDraining {
            await wakeup.sleep(milliseconds: 1000)
            for lane in lanes { lane.pool.sweep() }
            current.lasting.limits.tellRest()
        }
        wakeup.invalidate()
    }

    // MARK: Draining

    /// Stops accepting, lets the calls in flight finish, and returns when the last client is gone.
    /// - Parameter leavesQueue: whether somebody else goes on accepting from the same socket.
    func drain(leavesQueue: Bool) async {
        isDraining = true
        lastCall = EventLoop.now &+ UInt64(current.waits.lastCall)
        lastMoment = EventLoop.now &+ UInt64(current.waits.lastMoment)
        leavesQueue ? listener?.close() : listener?.finish()
        listener = nil
        for client in clients { client.wakeup.fire() }
        await withCheckedContinuation { isEmpty ? $0.resume() : (drained = $0) }
        // Here and not when the process ends: streams are closed on their own loop only.
        for lane in lanes { lane.pool.closeAll() }
        lines.flush()
    }

    /// Whoever waits for a server's answer while we drain goes on doing so, but not until the process is gone.
    /// - Throws: `draining` when the time is over; else the client's wait ends with it.
    func heedLastMoment(_ call: Call) throws(Interruption) {
        guard isDraining else { return }
        guard EventLoop.now < lastMoment else {
            call.reached(.shutdown)
            throw .refused(.draining)
        }
        call.client.wakeup.deadline = min(call.client.wakeup.deadline, lastMoment)
    }

    /// How long the rest of a body is waited for, in milliseconds, that is read for a refusal: while we drain the refusal must
    /// still find somebody to send it.
    func restWait(_ call: Call) -> Int {
        isDraining ? min(call.shared.waits.body, call.shared.waits.shutdown / 20) : call.shared.waits.body
    }

    private var isEmpty: Bool { clients.isEmpty && arriving == 0 }

    private func finishDrain() {
        guard isEmpty else { return }
        drained?.resume()
        drained = nil
    }

    /// Writes what the log still holds.
    func flushLog() { lines.flush() }

    /// Returns once the loop has come round.
    func turn() {}
}

/// A worker's idle connections to one server, as it is reached now.
private struct Lane {
    /// `Service.dial`; -1 for a server that there is no more.
    let dial: Int
    let pool: UpstreamPool

    /// A place for each server that there is or was. Connections are closed where they lead elsewhere now.
    static func all(of shared: Shared, after lanes: [Lane]) -> [Lane] {
        var dials = [Int](repeating: -1, count: shared.serverNames.count)
        for service in shared.services { dials[service.index] = service.dial }
        return dials.enumerated().map { index, dial in
            let before = index < lanes.count ? lanes[index] : nil
            if let before, before.dial == dial { return before }
            before?.pool.closeAll()
            return Lane(dial: dial, pool: UpstreamPool())
        }
    }
}
