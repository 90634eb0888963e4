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
    let shared: Shared
    let metrics: Metrics

    /// Where heads and re-framed bodies are put together; empty whenever a stage suspends.
    let out = ByteBuffer(capacity: 16 * 1024)
    /// What is left of one read of an answer that is rewritten; empty outside of `Relay.emit`.
    let passed = ByteBuffer(capacity: 1024)
    let buffers = BufferPool()
    let hasher: SHA256Hasher
    let lines = LineWriter()
    let requestIDs = RequestIDs()
    private var pools: [UpstreamPool]
    private var listener: Listener?
    private var clients: [Client] = []
    private(set) var isDraining = false
    private var drained: CheckedContinuation<Void, Never>?

    /// How much may wait for a slow side before the other is no longer read.
    let highWater = 64 * 1024

    init(_ shared: Shared) throws {
        loop = try EventLoop()
        hasher = try SHA256Hasher()
        metrics = Metrics(servers: shared.services.count)
        pools = shared.services.map { _ in UpstreamPool() }
        self.shared = shared
    }

    var services: [Service] { shared.services }
    var headLimits: HeadLimits { shared.headLimits }
    var bodyLimit: UInt64 { shared.bodyLimit }

    func pool(for service: Service) -> UpstreamPool { pools[service.index] }

    // MARK: Connections

    /// Accepts on a bound socket from now on.
    func begin(on descriptor: Int32) {
        listener = try? Listener(adopting: descriptor, on: loop) { [unowned self] descriptor in
            Task.detached(executorPreference: self.loop) { await self.take(descriptor) }
        }
        loop.afterTurn = { [lines] in lines.flushIfDue() }
        Task.detached(executorPreference: loop) { await self.keepHouse() }
    }

    private func take(_ descriptor: Int32) async {
        let stream = Stream(adopting: descriptor, on: loop)
        guard !isDraining, clients.count < shared.connectionsPerWorker else { return turnAway(stream) }
        let client = Client(Peer(stream, pool: buffers), wakeup: Wakeup(on: loop))
        enter(client)
        if await secure(client) { await serve(client) } else { stream.close() }
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
        if clients.isEmpty { finishDrain() }
    }

    /// More connections than configured: an answer that needs no task, and out.
    private func turnAway(_ stream: Stream) {
        // Without a handshake there is nothing that a TLS client could read.
        if shared.listenerTLS == nil {
            out.append(
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    as StaticString)
            stream.send(out)
        }
        stream.close()
        metrics.record {
            $0.refusals[.init(server: Metrics.noServer, reason: Refusal.overloaded.rawValue), default: 0] &+= 1
        }
    }

    private func secure(_ client: Client) async -> Bool {
        guard let tls = shared.listenerTLS else { return true }
        do {
            let session = try TLSSession(tls, socket: client.stream.descriptor)
            try await client.stream.secure(with: session, client.wakeup, within: shared.waits.header)
            return true
        } catch { return false }
    }

    /// Once a second: closes idle connections to servers whose time is over.
    private func keepHouse() async {
        let wakeup = Wakeup(on: loop)
        while !isDraining {
            await wakeup.sleep(milliseconds: 1000)
            for pool in pools { pool.sweep() }
        }
        wakeup.invalidate()
    }

    // MARK: Draining

    /// Stops accepting, lets the calls in flight finish, and returns when the last client is gone.
    func drain() async {
        isDraining = true
        listener?.close()
        listener = nil
        for client in clients { client.wakeup.fire() }
        if !clients.isEmpty { await withCheckedContinuation { drained = $0 } }
        // Here and not when the process ends: streams are closed on their own loop only.
        for pool in pools { pool.closeAll() }
        lines.flush()
    }

    private func finishDrain() {
        drained?.resume()
        drained = nil
    }

    /// Writes what the log still holds.
    func flushLog() { lines.flush() }
}
