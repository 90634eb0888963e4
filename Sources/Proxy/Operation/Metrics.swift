internal import HTTP1
internal import Synchronization

/// What happened to a request's token look-up (`obo_token_lookups_total`, the access log's `token`).
enum TokenLookup: Int, CaseIterable {
    case hit, miss, joined, negative, bypass

    var name: StaticString {
        switch self {
        case .hit: "hit"
        case .miss: "miss"
        case .joined: "joined"
        case .negative: "negative"
        case .bypass: "bypass"
        }
    }
}

/// One worker's counts. Each worker has its own, so that its lock is never contended on the request path;
/// `/metrics` adds them up.
final class Metrics: Sendable {
    struct Counts {
        var requests: [RequestLabel: UInt64] = [:]
        var lookups: [LookupLabel: UInt64] = [:]
        var refusals: [RefusalLabel: UInt64] = [:]
        /// By server.
        var durations: [Histogram] = []
        /// Of requests that reached none.
        var unrouted = Histogram(bounds: Histogram.requestBounds)
        var clientConnections = 0
        var upstreamConnections = 0
        var openStreams: [Int] = []
    }

    struct RequestLabel: Hashable { var server: Int, method: Method, status: Int }
    struct LookupLabel: Hashable { var server: Int, result: TokenLookup }
    struct RefusalLabel: Hashable { var server: Int, reason: String }

    /// The server index of requests that reached none.
    static let noServer = -1

    private let counts = Mutex(Counts())

    init(servers: Int) { grow(servers: servers) }

    /// Makes room for so many servers; what was counted stays.
    func grow(servers: Int) {
        record {
            while $0.durations.count < servers {
                $0.durations.append(Histogram(bounds: Histogram.requestBounds))
                $0.openStreams.append(0)
            }
        }
    }

    @inline(__always)
    func record(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }

    func read() -> Counts { counts.withLock { $0 } }
}

extension Metrics.Counts {
    /// Adds a finished request.
    mutating func finished(
        server: Int, method: Method, status: Int, lookup: TokenLookup?, refusal: String?, nanoseconds: UInt64
    ) {
        requests[.init(server: server, method: method, status: status), default: 0] &+= 1
        if lookup == .hit { looked(up: .hit, server: server) }
        if let refusal { refusals[.init(server: server, reason: refusal), default: 0] &+= 1 }
        if durations.indices.contains(server) {
            durations[server].observe(nanoseconds: nanoseconds)
        } else {
            unrouted.observe(nanoseconds: nanoseconds)
        }
    }

    mutating func looked(up result: TokenLookup, server: Int) {
        lookups[.init(server: server, result: result), default: 0] &+= 1
    }

    mutating func streamOpened(_ server: Int, by change: Int) {
        guard openStreams.indices.contains(server) else { return }
        openStreams[server] += change
    }

    /// Adds another worker's counts to these.
    mutating func add(_ other: Metrics.Counts) {
        requests.merge(other.requests, uniquingKeysWith: &+)
        lookups.merge(other.lookups, uniquingKeysWith: &+)
        refusals.merge(other.refusals, uniquingKeysWith: &+)
        unrouted.add(other.unrouted)
        for i in durations.indices where i < other.durations.count { durations[i].add(other.durations[i]) }
        for i in openStreams.indices where i < other.openStreams.count { openStreams[i] += other.openStreams[i] }
        clientConnections += other.clientConnections
        upstreamConnections += other.upstreamConnections
    }
}

/// Cumulative buckets as Prometheus reads them.
struct Histogram {
    /// Upper bounds in nanoseconds, ascending.
    let bounds: [UInt64]
    private(set) var buckets: [UInt64]
    private(set) var count: UInt64 = 0
    private(set) var sum: UInt64 = 0

    /// 1 ms to 60 s: a tool call's range, with room for the proxy's own microseconds in the first bucket.
    static let requestBounds: [UInt64] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 60000]
        .map { $0 * 1_000_000 }

    init(bounds: [UInt64]) {
        self.bounds = bounds
        buckets = Array(repeating: 0, count: bounds.count)
    }

    mutating func observe(nanoseconds: UInt64) {
        count &+= 1
        sum &+= nanoseconds
        for i in bounds.indices where nanoseconds <= bounds[i] {
            buckets[i] &+= 1
            return
        }
    }

    mutating func add(_ other: Histogram) {
        count &+= other.count
        sum &+= other.sum
        for i in buckets.indices where i < other.buckets.count { buckets[i] &+= other.buckets[i] }
    }
}
