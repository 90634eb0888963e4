internal import Configuration
internal import Identity
internal import MCP
internal import OnBehalfOf

/// All that an operator is shown, as of one moment: `/status` and the page are two ways of writing it down. Made of the
/// configuration's own words, numbers and closed sets; no secret has a place in it. Moments are seconds since 1970.
struct Status: Sendable {
    let now: Int
    let startedAt: Int
    let isDraining: Bool
    let generation: Int
    let reloads: (counts: [ReloadOutcome: UInt64], isGood: Bool)
    let workers: Int
    let clientConnections: Int
    let upstreamConnections: Int
    let droppedLines: UInt64
    /// The listener's certificate; nil without TLS.
    let certificateEnds: Int?
    let servers: [Server]
    let providers: [Provider]
    let issuers: [IssuerKeys]
    let cache: Cache
    /// What reached no server.
    let unrouted: Traffic
    /// Newest first.
    let refusals: [RefusedCall]

    /// Whether the proxy serves: `/readyz`.
    var isReady: Bool { !isDraining && issuers.allSatisfy { $0.standing.keys > 0 } }
}

extension Status {
    /// Requests and what became of them.
    struct Traffic: Sendable {
        var requests: [Int: UInt64] = [:]
        var refusals: [String: UInt64] = [:]
        var lookups: [TokenLookup: UInt64] = [:]
        var duration = Histogram(bounds: Histogram.requestBounds)

        var requestCount: UInt64 { requests.values.reduce(0, &+) }
        var refusalCount: UInt64 { refusals.values.reduce(0, &+) }
    }

    struct Server: Sendable {
        let name: String
        let title: String?
        let description: String?
        /// Scheme, host and port. Paths and queries of some MCP servers are credentials.
        let origin: String
        let transport: Transport
        let errors: RefusalForm
        let provider: String
        let scopes: [String]
        let openStreams: Int
        let traffic: Traffic
        let reach: Reach
        /// Seconds for which the provider has asked to be left alone for it.
        let quietFor: Int?
        /// Its last exchange, if that failed for what is not the user's to mend.
        let exchangeFailure: ExchangeHistory.Failure?
    }

    /// Whether a server answers, as far as its calls have shown; nothing is sent to find out.
    enum Reach: Sendable {
        case notCalled
        /// Seconds since its last answer.
        case answers(Int)
        /// Seconds since its last failure, and which.
        case fails(Int, Refusal)
    }

    struct Provider: Sendable {
        let name: String
        let standing: ProviderStanding
        let isBreakerOpen: Bool
        /// Seconds until it is asked again, where its breaker is open.
        let retryIn: Int?
        let exchanges: [String: UInt64]
        let duration: Histogram
    }

    struct IssuerKeys: Sendable {
        let identifier: String
        let standing: KeyCache.Standing
        let good: UInt64
        let failed: UInt64
    }

    struct Cache: Sendable {
        let entries: Int
        let most: Int
        let lookups: [TokenLookup: UInt64]
    }
}

extension Status.Server {
    /// By its title, where it has one.
    var label: String { title ?? name }
}

extension Status.IssuerKeys {
    /// Whether its keys were never there and nothing has gone wrong yet: just after the start.
    var isWaitedFor: Bool { standing.keys == 0 && standing.age == nil && standing.failedFor == nil }
}

extension Status.Provider {
    /// How it knows us.
    var credentialKind: String {
        switch standing.provider.credential {
        case .secret: "client secret"
        case .signedAssertion: "certificate (signed assertion)"
        case .mutualTLS: "certificate (mutual TLS)"
        case .federatedToken: "federated token file"
        case .managedIdentity: "managed identity"
        }
    }

    /// When there is no end to be told: why.
    var endUnknown: String {
        switch standing.provider.credential {
        case .secret: "its end is not known here: secrets do not say when they end"
        case .federatedToken, .managedIdentity: "renewed by the platform"
        case .signedAssertion, .mutualTLS: ""
        }
    }
}

extension UpstreamURL {
    /// As it is shown: a query may hold keys.
    var withoutQuery: String { "\(scheme.rawValue)://\(authority)\(path)" }
}

extension ExchangeFault {
    /// In a line: our reason, and the provider's own words for it as far as they are codes.
    var summary: String {
        let codes = codes.map { "AADSTS\($0)" }
        let said = ([status.map { "HTTP \($0)" }, error].compactMap(\.self) + codes).joined(separator: " ")
        return said.isEmpty ? reason.rawValue : "\(reason.rawValue) (\(said))"
    }
}
