internal import Bytes
internal import Configuration
internal import HTTP1
internal import JSON
internal import Libevent
internal import Logging
internal import OnBehalfOf
internal import Synchronization

/// The operator's listener: health, readiness, metrics, status, and the one thing that can be done here. On the control
/// loop, one answer a connection.
actor AdminDesk {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private var shared: Shared
    private let workers: [Worker]
    private let pool = BufferPool()
    private var listener: Listener?
    /// Of those who are here, the longest here first.
    private var visitors: [Wakeup] = []

    private static let patience = 10_000
    /// Connections at once; for one more, the one that has been here longest has to go. Nobody can take all descriptors
    /// by this door, nor keep the next probe out.
    private static let mostVisitors = 64
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
        visitors.append(wakeup)
        defer { visitors.removeAll { $0 === wakeup } }
        for visitor in visitors.dropLast(Self.mostVisitors) { visitor.expire(after: 0) }
        if let reply = await reply(to: Peer(stream, pool: pool), wakeup) {
            stream.send(reply.message)
            while stream.backlog > 0, !stream.writeFailed, !wakeup.expired { await wakeup.wait() }
        }
        wakeup.invalidate()
        stream.close()
    }

    private func reply(to peer: Peer, _ wakeup: Wakeup) async -> AdminReply? {
        var scanned = 0
        while !wakeup.expired, !peer.hasEnded {
            do {
                let head = try peer.withInput { input throws(HeadFault) in
                    input.isEmpty ? nil : try RequestHead.parse(input, limits: Self.limits, scanned: &scanned)
                }
                if let head {
                    guard peer.withInput({ isForUs(head, $0) }) else { return AdminReply(403, "not for this host\n") }
                    return await answer(head, peer, wakeup)
                }
            } catch { return AdminReply(400, "not a request\n") }
            if !peer.fill() { await wakeup.wait() }
        }
        return nil
    }

    /// A page that bends its own name to this machine could read here what only the operator may.
    private func isForUs(_ head: RequestHead, _ input: Span<UInt8>) -> Bool {
        guard let hosts = shared.adminHosts, !head.host.isEmpty else { return true }
        return hosts.contains(input.extracting(head.host.range))
    }

    private func answer(_ head: RequestHead, _ peer: Peer, _ wakeup: Wakeup) async -> AdminReply? {
        guard let page = AdminPage(rawValue: text(head.path, peer)) else {
            return AdminReply(404, head.method == .head ? "" : "nothing here\n")
        }
        guard head.method == page.method else {
            var reply = AdminReply(405, head.method == .head ? "" : "only \(page.method.name)\n")
            reply.fields = ["Allow: \(page.method.name)"]
            return reply
        }
        switch page {
        case .health: return AdminReply(200, "ok\n")
        case .readiness: return await readiness()
        case .metrics: return AdminReply(200, await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case .status:
            return AdminReply(
                200, "application/json", await StatusReader(shared: shared, workers: workers).read().document)
        case .page: return await statusPage()
        case .eviction: return await eviction(head, peer, wakeup)
        }
    }

    private func text(_ range: ByteRange, _ peer: Peer) -> String {
        peer.withInput { String(decoding: Array($0, range.range), as: UTF8.self) }
    }

    /// Ready once every issuer's keys are there; asking fetches them, so that a proxy without traffic gets ready too.
    private func readiness() async -> AdminReply {
        let shared = shared
        if !shared.isDraining {
            for issuer in shared.issuers { _ = try? await shared.keys.keys(of: issuer, keyID: nil) }
        }
        let ready = shared.keys.ready.withLock { $0 }
        let hasKeys = shared.issuers.allSatisfy(ready.contains)
        let isReady = hasKeys && !shared.isDraining
        var providers = JSON.Object()
        for (name, endpoint) in zip(shared.providerNames, shared.endpoints) {
            let isOpen = shared.desk.isBreakerOpen(provider: endpoint.number)
            providers[name] = .string(isOpen ? "breaker open" : "ok")
        }
        return .json(
            isReady ? 200 : 503,
            [
                "ready": .bool(isReady), "draining": .bool(shared.isDraining),
                "keys": .string(hasKeys ? "ok" : "unavailable"), "providers": .object(providers),
            ])
    }

    private func metrics() async -> String {
        let shared = shared
        var ends: [(labels: [(String, String)], end: Int)] = []
        if let end = StatusReader(shared: shared, workers: []).certificateEnds {
            ends.append(([("side", "client"), ("provider", "")], end))
        }
        for (name, endpoint) in zip(shared.providerNames, shared.endpoints) {
            if let end = await endpoint.standing.credentialEnds {
                ends.append(([("side", "provider"), ("provider", name)], end))
            }
        }
        var counts = Metrics(servers: shared.serverNames.count).read()
        for worker in workers { counts.add(worker.metrics.read()) }
        var page = Exposition(servers: shared.serverNames, shown: shared.services.map(\.index))
        page.requests(counts)
        page.exchanges(shared.desk.readCounts())
        page.gauges(counts, shared)
        page.certificates(ends)
        return page.text
    }

    private func statusPage() async -> AdminReply {
        let status = await StatusReader(shared: shared, workers: workers).read()
        var reply = AdminReply(200, "text/html; charset=utf-8", StatusPage(status: status).text)
        reply.fields = ["Content-Security-Policy: \(PageAssets.policy)"]
        return reply
    }
}

// MARK: Eviction

extension AdminDesk {
    /// Forgets minted tokens. A page in a browser on this machine must not get this far: whatever it posts comes with an
    /// `Origin`.
    private func eviction(_ head: RequestHead, _ peer: Peer, _ wakeup: Wakeup) async -> AdminReply? {
        guard head.count(of: .origin) == 0 else { return .refused(403, "not for browsers") }
        peer.consume(head.byteCount)
        guard let body = await body(head.framing, peer, wakeup) else { return nil }
        guard body.count <= Eviction.most else { return .refused(413, "expected at most \(Eviction.most) bytes") }
        guard let wanted = try? Eviction(body.span) else {
            return .refused(400, "expected {} or {\"server\": \"<name>\"}")
        }
        return evict(wanted)
    }

    private func evict(_ wanted: Eviction) -> AdminReply {
        let service = shared.services.first { $0.name == wanted.server }
        guard wanted.server == nil || service != nil else { return .refused(404, "no such server") }
        let count = shared.desk.evict(service?.exchangeDigest)
        shared.log.notice(
            "minted tokens evicted",
            metadata: ["event": "cache_evicted", "server": "\(service?.name ?? "all")", "tokens": "\(count)"])
        let name: JSON = service.map { .string($0.name) } ?? .null
        return .json(200, ["evicted": .integer(Int64(count)), "server": name])
    }

    /// The whole body, or as much of one that is too long as shows that; nil if it does not come.
    private func body(_ framing: BodyFraming, _ peer: Peer, _ wakeup: Wakeup) async -> [UInt8]? {
        var decoder = BodyDecoder(framing)
        let body = ByteBuffer()
        while !decoder.isComplete, body.count <= Eviction.most {
            let part = try? peer.withInput { input throws(BodyFault) in
                let part = try decoder.decode(input)
                body.append(input.extracting(part.payload))
                return part
            }
            guard let part else { return [] }
            peer.consume(part.consumed)
            if part.consumed > 0 || peer.fill() { continue }
            if peer.hasEnded || wakeup.expired { return nil }
            await wakeup.wait()
        }
        return body.bytes
    }
}
