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

    /// The issuers whose keys are there, readable from anywhere.
    nonisolated let ready = Mutex<Set<String>>([])
    nonisolated let refreshes: KeyRefreshes

    private nonisolated let issuers: [Issuer]
    private nonisolated let keysAt: UpstreamURL?
    private nonisolated let tls: TLSClientContext
    private let log: Logger
    private let clock: @Sendable () -> UInt64
    private var caches: [String: KeyCache] = [:]
    private var waiting: [String: [(waiter: CheckedContinuation<KeyLookup, Never>, lookup: KeyLookup)]] = [:]
    private var discovered: [String: Discovery] = [:]
    /// Who waits for the first issuer's discovery; nil when nobody asks.
    private var asking: [CheckedContinuation<Bool, Never>]?

    private static let patience = 5000

    /// What is known of issuers that the next settings may name as well.
    struct Known: Sendable {
        fileprivate let caches: [String: KeyCache]
        fileprivate let discovered: [String: Discovery]
        fileprivate let ready: Set<String>
    }

    /// What it knows now.
    var known: Known {
        Known(caches: caches.mapValues(\.inherited), discovered: discovered, ready: ready.withLock { $0 })
    }

    /// The source for these settings: the one before, where they are the same, or one that knows what that one knew of
    /// issuers that are still found in the same way.
    static func made(
        _ identity: IdentitySettings, tls: TLSClientContext, log: Logger, on loop: EventLoop,
        refreshes: KeyRefreshes, after previous: KeySource?, _ known: Known?
    ) -> KeySource {
        guard let previous, previous.tls === tls, previous.keysAt == identity.jwksURI else {
            return KeySource(identity, tls: tls, log: log, on: loop, refreshes: refreshes)
        }
        if previous.issuers == identity.issuers { return previous }
        return KeySource(
            identity, tls: tls, log: log, on: loop, refreshes: refreshes,
            inheriting: known, of: previous.issuers.filter(identity.issuers.contains))
    }

    /// - Parameters:
    ///   - clock: monotonic milliseconds.
    ///   - known: what an earlier source knew, and
    ///   - heirs: of which issuers that still holds.
    init(
        _ identity: IdentitySettings, tls: TLSClientContext, log: Logger, on loop: EventLoop,
        refreshes: KeyRefreshes = KeyRefreshes(), inheriting known: Known? = nil, of heirs: [Issuer] = [],
        clock: @escaping @Sendable () -> UInt64 = { EventLoop.now }
    ) {
        self.refreshes = refreshes
        let names = Set(heirs.map(\.identifier))
        if let known {
            caches = known.caches.filter { names.contains($0.key) }
            discovered = known.discovered.filter { names.contains($0.key) }
            ready.withLock { $0 = known.ready.intersection(names) }
        }
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
            switch await lookup(of: issuer, keyID: keyID) {
            case .use(let keys), .useAndRefresh(let keys, _): return keys
            case .unknownKey: throw .invalidSignature
            case .unavailable: throw .keysUnavailable
            case .fetch, .join: continue
            }
        }
    }

    /// Looks up, and where there is a fetch to wait for, waits for its end.
    ///
    /// The look-up and the place in line are one step, in which nothing can come between: a task of another loop gives way
    /// wherever it may suspend, here too, before it is suspended. A fetch that ended in that moment would find nobody to
    /// resume, and nobody would resume who comes later.
    private func lookup(of issuer: String, keyID: String?) async -> KeyLookup {
        await withCheckedContinuation { waiter in
            let lookup = caches[issuer, default: KeyCache()].lookup(keyID: keyID, now: now)
            switch lookup {
            case .fetch, .join: waiting[issuer, default: []].append((waiter, lookup))
            case .use, .useAndRefresh, .unknownKey, .unavailable: waiter.resume(returning: lookup)
            }
            switch lookup {
            case .fetch(let flight), .useAndRefresh(_, let flight): start(flight, issuer)
            case .use, .join, .unknownKey, .unavailable: break
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
        guard await mayAsk() else { return }
        _ = await discover(issuer, within: milliseconds)
        let others = asking ?? []
        asking = nil
        for other in others { other.resume(returning: false) }
    }

    /// Whether nobody asks yet, so that the caller is to; otherwise returns when whoever asks has done.
    private func mayAsk() async -> Bool {
        // One step, as above.
        await withCheckedContinuation { waiter in
            if asking == nil {
                asking = []
                waiter.resume(returning: true)
            } else {
                asking?.append(waiter)
            }
        }
    }

    /// What there is to say of an issuer's keys.
    func standing(of issuer: String) -> KeyCache.Standing { caches[issuer, default: KeyCache()].standing(now: now) }

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
        refreshes.count(identifier, isGood: isGood)
        ready.withLock { if isReady { $0.insert(identifier) } else { $0.remove(identifier) } }
        for (waiter, lookup) in waiting.removeValue(forKey: identifier) ?? [] { waiter.resume(returning: lookup) }
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
