internal import Bytes
internal import Configuration
internal import Glibc
internal import Identity
internal import Libevent
internal import OnBehalfOf
internal import OpenSSL

/// Asks everybody for what the operator is shown. Nothing here is on a request's way: the counts are copied worker by
/// worker, and whoever asks waits.
struct StatusReader {
    let shared: Shared
    let workers: [Worker]

    func read() async -> Status {
        let now = time(nil)
        var counts = Metrics(servers: shared.serverNames.count).read()
        for worker in workers { counts.add(worker.metrics.read()) }
        let providers = await readProviders()
        let issuers = await readIssuers()
        return Status(
            now: now, startedAt: shared.lasting.startedAt, isDraining: shared.isDraining,
            generation: shared.generation, reloads: shared.lasting.reloads.read(), workers: workers.count,
            clientConnections: counts.clientConnections, upstreamConnections: counts.upstreamConnections,
            droppedLines: LogSink.standardError.dropped, certificateEnds: certificateEnds,
            servers: shared.services.compactMap { server($0, counts, providers) }, providers: providers,
            issuers: issuers, cache: cache(counts), unrouted: counts.traffic(of: Metrics.noServer),
            refusals: RefusalRing.newest(of: workers.map(\.refusals)))
    }

    /// When the listener's certificate ends.
    var certificateEnds: Int? {
        shared.configuration.tls.flatMap { try? $0.identity().certificate.notAfter }
    }

    private func server(
        _ service: Service, _ counts: Metrics.Counts, _ providers: [Status.Provider]
    ) -> Status.Server? {
        guard let settings = shared.configuration.servers.first(where: { $0.name == service.name }) else { return nil }
        let provider = providers.first { $0.name == settings.provider }
        let streams = counts.openStreams.indices.contains(service.index) ? counts.openStreams[service.index] : 0
        return Status.Server(
            name: service.name, title: settings.title, description: settings.description,
            origin: settings.url.origin, transport: settings.transport, errors: settings.errors,
            provider: settings.provider, scopes: settings.scopes, openStreams: streams,
            traffic: counts.traffic(of: service.index), reach: counts.reach(of: service.index),
            quietFor: shared.desk.quiet(service.exchangeDigest).map(Self.seconds),
            exchangeFailure: provider?.standing.history.failing[service.name])
    }

    private func readProviders() async -> [Status.Provider] {
        let counts = shared.desk.readCounts()
        var providers: [Status.Provider] = []
        for (name, endpoint) in zip(shared.providerNames, shared.endpoints) {
            var exchanges: [String: UInt64] = [:]
            for (label, count) in counts.exchanges where label.provider == name {
                exchanges[label.outcome, default: 0] &+= count
            }
            providers.append(
                Status.Provider(
                    name: name, standing: await endpoint.standing,
                    isBreakerOpen: shared.desk.isBreakerOpen(provider: endpoint.number),
                    retryIn: shared.desk.wait(provider: endpoint.number).map(Self.seconds), exchanges: exchanges,
                    duration: counts.durations[name] ?? Histogram(bounds: Histogram.requestBounds)))
        }
        return providers
    }

    private func readIssuers() async -> [Status.IssuerKeys] {
        let refreshes = shared.lasting.refreshes.read()
        var issuers: [Status.IssuerKeys] = []
        for issuer in shared.issuers {
            let (good, failed) = refreshes[issuer] ?? (0, 0)
            let standing = await shared.keys.standing(of: issuer)
            if standing.keys == 0 { fetchKeys(of: issuer) }
            issuers.append(Status.IssuerKeys(identifier: issuer, standing: standing, good: good, failed: failed))
        }
        return issuers
    }

    /// Without traffic nobody else would; the next look finds them. Nobody waits: a page that does not come because an
    /// issuer does not answer is of no use.
    private func fetchKeys(of issuer: String) {
        let keys = shared.keys
        Task.detached(executorPreference: keys.loop) { _ = try? await keys.keys(of: issuer, keyID: nil) }
    }

    private func cache(_ counts: Metrics.Counts) -> Status.Cache {
        var lookups: [TokenLookup: UInt64] = [:]
        for (label, count) in counts.lookups { lookups[label.result, default: 0] &+= count }
        return Status.Cache(
            entries: shared.desk.entries, most: shared.configuration.cache.maxEntries, lookups: lookups)
    }

    /// Rounded up.
    private static func seconds(_ milliseconds: UInt64) -> Int {
        Int(clamping: milliseconds / 1000 &+ (milliseconds % 1000 > 0 ? 1 : 0))
    }
}

extension Metrics.Counts {
    fileprivate func traffic(of server: Int) -> Status.Traffic {
        var traffic = Status.Traffic()
        for (label, count) in requests where label.server == server {
            traffic.requests[label.status, default: 0] &+= count
        }
        for (label, count) in refusals where label.server == server { traffic.refusals[label.reason] = count }
        for (label, count) in lookups where label.server == server { traffic.lookups[label.result] = count }
        traffic.duration = durations.indices.contains(server) ? durations[server] : unrouted
        return traffic
    }

    fileprivate func reach(of server: Int) -> Status.Reach {
        guard signs.indices.contains(server) else { return .notCalled }
        let (sign, now) = (signs[server], EventLoop.nanoseconds)
        func ago(_ moment: UInt64) -> Int { Int(clamping: (now &- min(moment, now)) / 1_000_000_000) }
        if let refusal = sign.refusal, sign.failed > sign.heard { return .fails(ago(sign.failed), refusal) }
        return sign.heard > 0 ? .answers(ago(sign.heard)) : .notCalled
    }
}

extension UpstreamURL {
    /// Scheme, host and port.
    fileprivate var origin: String { "\(scheme.rawValue)://\(authority)" }
}
