internal import HTTP1
internal import MCP
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
        /// By server.
        var signs: [SignOfLife] = []
    }

    /// When a server was last heard, and when it last failed us. Nanoseconds of the monotonic clock, 0 for never.
    struct SignOfLife {
        var heard: UInt64 = 0
        var failed: UInt64 = 0
        /// What for.
        var refusal: Refusal?
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
                $0.signs.append(SignOfLife())
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

    /// Notes whether a server gave a sign of life.
    /// - Parameter refusal: the call's, if it was refused.
    mutating func heard(_ server: Int, hasAnswered: Bool, refusal: Refusal?, at now: UInt64) {
        guard signs.indices.contains(server) else { return }
        if let refusal, refusal.isOfUpstream {
            (signs[server].failed, signs[server].refusal) = (now, refusal)
        } else if hasAnswered {
            signs[server].heard = now
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
        for i in signs.indices where i < other.signs.count {
            signs[i].heard = max(signs[i].heard, other.signs[i].heard)
            if signs[i].failed < other.signs[i].failed {
                (signs[i].failed, signs[i].refusal) = (other.signs[i].failed, other.signs[i].refusal)
            }
        }
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

    /// The value below which a share of all values lies, as exactly as the buckets tell, like Prometheus's
    /// `histogram_quantile`; nil without any. What is beyond the last bound counts as being on it.
    func quantile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = share * Double(count)
        var (below, low) = (0.0, UInt64(0))
        for (bound, bucket) in zip(bounds, buckets) {
            if below + Double(bucket) >= rank, bucket > 0 {
                return low &+ UInt64(Double(bound &- low) * (rank - below) / Double(bucket))
            }
            (below, low) = (below + Double(bucket), bound)
        }
        return bounds.last
    }

    mutating func add(_ other: Histogram) {
        count &+= other.count
        sum &+= other.sum
        for i in buckets.indices where i < other.buckets.count { buckets[i] &+= other.buckets[i] }
    }
}
