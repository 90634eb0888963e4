internal import Bytes
internal import Configuration
internal import HTTP1
internal import Libevent
internal import Synchronization

/// The operator's listener: health, readiness, metrics. On the control loop, one answer a connection.
actor AdminDesk {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private var shared: Shared
    private let workers: [Worker]
    private let pool = BufferPool()
    private var listener: Listener?

    private static let patience = 10_000
    private static let limits = HeadLimits(bytes: 16 * 1024)

    init(_ shared: Shared, _ workers: [Worker], on loop: EventLoop) {
        (self.shared, self.workers, self.loop) = (shared, workers, loop)
    }

    /// Accepts on a bound socket from now on, and no longer on the one before; on none for nil.
    func listen(on descriptor: Int32?) {
        listener?.finish()
        listener = descriptor.flatMap { descriptor in
            try? Listener(adopting: descriptor, on: loop) { [unowned self] connection in
                Task.detached(executorPreference: self.loop) { await self.serve(connection) }
            }
        }
    }

    /// Answers for these settings from now on.
    func adopt(_ next: Shared) { shared = next }

    func serve(_ descriptor: Int32) async {
        let wakeup = Wakeup(on: loop)
        let stream = Stream(adopting: descriptor, on: loop)
        stream.wakeup = wakeup
        wakeup.expire(after: Self.patience)
        if let reply = await reply(to: Peer(stream, pool: pool), wakeup) {
            stream.send(reply)
            while stream.backlog > 0, !stream.writeFailed, !wakeup.expired { await wakeup.wait() }
        }
        wakeup.invalidate()
        stream.close()
    }

    private func reply(to peer: Peer, _ wakeup: Wakeup) async -> ByteBuffer? {
        var scanned = 0
        while !wakeup.expired, !peer.hasEnded {
            do {
                let head = try peer.withInput { input throws(HeadFault) in
                    input.isEmpty ? nil : try RequestHead.parse(input, limits: Self.limits, scanned: &scanned)
                }
                if let head {
                    guard peer.withInput({ isForUs(head, $0) }) else {
                        return Self.write(403, "text/plain", "not for this host\n")
                    }
                    let path = peer.withInput { String(decoding: Array($0, head.path.range), as: UTF8.self) }
                    return await answer(head.method, path)
                }
            } catch { return Self.write(400, "text/plain", "not a request\n") }
            if !peer.fill() { await wakeup.wait() }
        }
        return nil
    }

    /// A page that bends its own name to this machine could read here what only the operator may.
    private func isForUs(_ head: RequestHead, _ input: Span<UInt8>) -> Bool {
        guard let hosts = shared.adminHosts, !head.host.isEmpty else { return true }
        return hosts.contains(input.extracting(head.host.range))
    }

    private func answer(_ method: Method, _ path: String) async -> ByteBuffer {
        switch path {
        case "/healthz", "/readyz", "/metrics":
            guard method == .get else { return Self.write(405, "text/plain", "only GET\n") }
        default: return Self.write(404, "text/plain", "nothing here\n")
        }
        switch path {
        case "/readyz":
            let (isReady, text) = await readiness()
            return Self.write(isReady ? 200 : 503, "application/json", text)
        case "/metrics": return Self.write(200, "text/plain; version=0.0.4", metrics())
        default: return Self.write(200, "text/plain", "ok\n")
        }
    }

    /// Ready once every issuer's keys are there; asking fetches them, so that a proxy without traffic gets ready too.
    private func readiness() async -> (Bool, String) {
        let shared = shared
        if shared.isDraining { return (false, "{\"ready\":false,\"draining\":true}\n") }
        for issuer in shared.issuers { _ = try? await shared.keys.keys(of: issuer, keyID: nil) }
        let ready = shared.keys.ready.withLock { $0 }
        let isReady = shared.issuers.allSatisfy(ready.contains)
        let providers = shared.providerNames.enumerated().map { place, name in
            "\"\(name)\":\"\(shared.desk.isBreakerOpen(provider: shared.endpoints[place].number) ? "breaker open" : "ok")\""
        }
        let keys = isReady ? "ok" : "unavailable"
        return (
            isReady, "{\"ready\":\(isReady),\"keys\":\"\(keys)\",\"providers\":{\(providers.joined(separator: ","))}}\n"
        )
    }

    private func metrics() -> String {
        var counts = Metrics(servers: shared.serverNames.count).read()
        for worker in workers { counts.add(worker.metrics.read()) }
        var page = Exposition(servers: shared.serverNames)
        page.requests(counts)
        page.exchanges(shared.desk.readCounts())
        page.gauges(counts, shared)
        return page.text
    }

    private static func write(_ status: UInt16, _ type: String, _ body: String) -> ByteBuffer {
        let out = ByteBuffer()
        out.appendStatusLine(status)
        out.append(string: "Content-Type: \(type)\r\nCache-Control: no-store\r\n")
        out.appendFraming(.length(UInt64(body.utf8.count)))
        out.appendConnectionClose()
        out.appendHeadEnd()
        out.append(string: body)
        return out
    }
}
