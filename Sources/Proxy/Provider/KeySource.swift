internal import Bytes
internal import Configuration
internal import HTTP1
internal import Identity
internal import Libevent
internal import Logging
internal import OpenSSL
internal import Synchronization

/// Fetches what the issuers publish: their keys, and where tokens are exchanged. The decisions are `KeyCache`'s;
/// here are the connections and who waits for them. On the control loop, so that a slow issuer slows no worker.
actor KeySource {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Counts for `obo_jwks_refresh_total`, and whether keys are there, readable from anywhere.
    struct State {
        var refreshes: [String: (good: UInt64, failed: UInt64)] = [:]
        var ready: Set<String> = []
    }
    nonisolated let state = Mutex(State())

    private let issuers: [Issuer]
    private let keysAt: UpstreamURL?
    private let tls: TLSClientContext
    private let log: Logger
    private let clock: @Sendable () -> UInt64
    private var caches: [String: KeyCache] = [:]
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    private var discovered: [String: Discovery] = [:]
    /// Who waits for the first issuer's discovery; nil when nobody asks.
    private var asking: [CheckedContinuation<Void, Never>]?

    private static let patience = 5000

    /// - Parameter clock: monotonic milliseconds.
    init(
        _ identity: IdentitySettings, tls: TLSClientContext, log: Logger, on loop: EventLoop,
        clock: @escaping @Sendable () -> UInt64 = { EventLoop.now }
    ) {
        self.loop = loop
        self.clock = clock
        self.tls = tls
        self.log = log
        issuers = identity.issuers
        keysAt = identity.jwksURI
    }

    /// The keys to verify a token with.
    /// - Throws: `.invalidSignature` when the issuer has no such key, `.keysUnavailable`.
    func keys(of issuer: String, keyID: String?) async throws(TokenFault) -> KeySet {
        while true {
            switch caches[issuer, default: KeyCache()].lookup(keyID: keyID, now: now) {
            case .use(let keys): return keys
            case .useAndRefresh(let keys, let flight):
                start(flight, issuer)
                return keys
            // In line before the fetch begins, and without a suspension after the look-up: a fetch that fails at once
            // would find nobody to resume, and nobody would resume who comes later.
            case .fetch(let flight):
                await withCheckedContinuation {
                    waiting[issuer, default: []].append($0)
                    start(flight, issuer)
                }
            case .join: await withCheckedContinuation { waiting[issuer, default: []].append($0) }
            case .unknownKey: throw .invalidSignature
            case .unavailable: throw .keysUnavailable
            }
        }
    }

    /// Where tokens are exchanged by the first issuer's word.
    /// - Parameters:
    ///   - mutualTLS: whether it will be shown a certificate.
    ///   - milliseconds: for asking, if that is necessary.
    func tokenEndpoint(mutualTLS: Bool = false, within milliseconds: Int) async -> UpstreamURL? {
        guard let issuer = issuers.first else { return nil }
        func found() -> UpstreamURL? {
            let document = discovered[issuer.identifier]
            let text = mutualTLS ? document?.mutualTLSTokenEndpoint : document?.tokenEndpoint
            return text.flatMap { try? UpstreamURL(trusted: $0) }
        }
        // Also when there is a document that does not say: it stays for a day otherwise, mended or not.
        if found() == nil { await discoverOnce(issuer, within: milliseconds) }
        return found()
    }

    /// One look for all exchanges that need it: who comes meanwhile waits for its end, which is bounded.
    private func discoverOnce(_ issuer: Issuer, within milliseconds: Int) async {
        if asking != nil { return await withCheckedContinuation { asking?.append($0) } }
        asking = []
        _ = await discover(issuer, within: milliseconds)
        let others = asking ?? []
        asking = nil
        for other in others { other.resume() }
    }

    /// How many wait for keys.
    var waiters: Int { waiting.values.reduce(0) { $0 + $1.count } }

    private var now: Int { Int(clock() / 1000) }

    private func start(_ flight: KeyFlight, _ identifier: String) {
        Task(executorPreference: loop) { await self.run(flight, identifier) }
    }

    private func run(_ flight: KeyFlight, _ identifier: String) async {
        var keys: KeySet?
        if let issuer = issuers.first(where: { $0.identifier == identifier }) { keys = await fetch(issuer) }
        caches[identifier, default: KeyCache()].finished(flight, fetched: keys, now: now)
        let isGood = keys != nil
        let isReady = caches[identifier]?.isReady(now: now) ?? false
        state.withLock {
            var counts = $0.refreshes[identifier] ?? (0, 0)
            if isGood { counts.good &+= 1 } else { counts.failed &+= 1 }
            $0.refreshes[identifier] = counts
            if isReady { $0.ready.insert(identifier) } else { $0.ready.remove(identifier) }
        }
        for waiter in waiting.removeValue(forKey: identifier) ?? [] { waiter.resume() }
    }

    private func fetch(_ issuer: Issuer) async -> KeySet? {
        var url = keysAt
        if url == nil { url = await discover(issuer, within: Self.patience) }
        guard let url else { return nil }
        guard let body = await get(url, "keys", of: issuer, within: Self.patience) else { return nil }
        do { return try KeySet.parse(body.span) } catch {
            note("keys unusable", issuer, "\(error)")
            return nil
        }
    }

    /// - Returns: where the keys are.
    private func discover(_ issuer: Issuer, within milliseconds: Int) async -> UpstreamURL? {
        guard let body = await get(issuer.discovery, "discovery", of: issuer, within: milliseconds) else { return nil }
        do {
            let document = try Discovery.parse(body.span, issuer: issuer.identifier)
            discovered[issuer.identifier] = document
            return try UpstreamURL(trusted: document.jwksURI)
        } catch {
            note("discovery unusable", issuer, "\(error)")
            return nil
        }
    }

    private func get(
        _ url: UpstreamURL, _ what: String, of issuer: Issuer, within milliseconds: Int
    ) async -> [UInt8]? {
        let outgoing = OutgoingURL(url, tls: tls)
        let request = ByteBuffer()
        outgoing.appendGet(to: request)
        do {
            let caller = HTTPCaller(outgoing.endpoint, on: loop)
            let reply = try await caller.call(request, .get, within: min(milliseconds, Self.patience))
            if reply.status == 200 { return reply.body }
            note("\(what) refused", issuer, "HTTP status \(reply.status)")
        } catch {
            note("\(what) unreachable", issuer, error.text)
        }
        return nil
    }

    private func note(_ message: Logger.Message, _ issuer: Issuer, _ fault: String) {
        log.warning(message, metadata: ["issuer": "\(issuer.identifier)", "fault": "\(fault)"])
    }
}
