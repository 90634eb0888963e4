internal import Bytes
internal import Configuration
internal import Glibc
internal import HTTP1
internal import Identity
internal import Libevent
internal import Logging
internal import MCP
internal import OnBehalfOf
internal import OpenSSL
internal import Synchronization

/// What all workers have in common: worked out once from the configuration, then read only, but for the desks,
/// which guard themselves.
final class Shared: Sendable {
    let services: [Service]
    let authenticator: Authenticator
    let keys: KeySource
    let desk: ExchangeDesk
    /// By `Service.provider`.
    let endpoints: [TokenEndpoint]
    let providerNames: [String]
    let sessions: SessionKey
    /// Whether minted tokens outlive the user's.
    let servesBeyondUserToken: Bool
    /// Seconds that clocks may differ.
    let clockSkew: Int
    let listenerTLS: TLSServerContext?

    let headLimits: HeadLimits
    let bodyLimit: UInt64
    let connectionsPerWorker: Int
    let waits: ClientTimeouts
    let sidecarKey: Secret?
    let allowedOrigins: [[UInt8]]
    /// Whom requests may be for; nil for a listener that is not on loopback.
    let hosts: LoopbackHosts?
    /// The same for the operator's listener.
    let adminHosts: LoopbackHosts?
    let publicFace: PublicFace
    /// Whose keys must be there; none for opaque tokens.
    let issuers: [String]

    /// Seconds since 1970.
    let startedAt = time(nil)
    let log: Logger
    let logsRequests: Bool
    let logsJSON: Bool
    private let draining = Atomic<Bool>(false)

    /// - Parameter control: the loop for exchanges and keys.
    /// - Throws: `StartFault` for what only the running system can tell, such as an unusable certificate file.
    init(_ configuration: ProxyConfiguration, workers: Int, log: Logger, control: EventLoop) throws(StartFault) {
        self.log = log
        logsJSON = configuration.log.format == .json
        logsRequests = log.logLevel <= .info
        headLimits = HeadLimits(bytes: configuration.limits.headerBytes)
        bodyLimit = UInt64(clamping: configuration.limits.bodyBytes)
        connectionsPerWorker = max(configuration.limits.connections / max(workers, 1), 1)
        waits = ClientTimeouts(configuration.timeouts)
        sidecarKey = configuration.sidecarKey?.value
        allowedOrigins = configuration.allowedOrigins.map { Array($0.utf8) }
        hosts = LoopbackHosts(of: configuration.listen, configuration)
        adminHosts = configuration.admin.flatMap { LoopbackHosts(of: $0, configuration) }
        publicFace = PublicFace(configuration)
        issuers = configuration.identity.tokens == .jwt ? configuration.identity.issuers.map(\.identifier) : []

        servesBeyondUserToken = configuration.cache.afterUserTokenExpiry == .serve
        clockSkew = configuration.identity.clockSkew.milliseconds / 1000

        let keyed = try KeyedHash(configuration.sessionKey?.value ?? Secret.random())
        let trust = try Trust()
        listenerTLS = try configuration.tls.map { tls throws(StartFault) in try trust.server(tls) }
        keys = KeySource(
            configuration.identity, tls: try trust.client(configuration.identity.ca), log: log, on: control)
        authenticator = Authenticator(
            IdentityPolicy(configuration.identity), configuration.identity.tokens, keys: keys,
            bound: configuration.cache.maxEntries, outlives: servesBeyondUserToken,
            naming: { keyed.logName(of: $0) })
        desk = ExchangeDesk(limits: LedgerLimits(configuration.cache))
        let providers = configuration.providers.values.sorted { $0.name < $1.name }
        providerNames = providers.map(\.name)
        var endpoints: [TokenEndpoint] = []
        for provider in providers {
            endpoints.append(
                try TokenEndpoint(
                    provider, desk: desk, keys: keys, tls: try trust.client(provider.ca), log: log, on: control))
        }
        self.endpoints = endpoints
        var services: [Service] = []
        for server in configuration.servers {
            guard let place = providers.firstIndex(where: { $0.name == server.provider }) else {
                throw .unusable("servers.\(server.name).provider", "no such provider")
            }
            let tls = server.url.scheme == .https ? try trust.client(server.ca) : nil
            let target = try ExchangeTarget(server, providers[place], issuer: configuration.identity.issuers.first)
            let check = server.checksMinted ? MintedCheck(configuration, providers[place]) : nil
            services.append(
                Service(server, index: services.count, provider: place, target: target, check: check, tls: tls))
        }
        self.services = services
        let previous = try configuration.previousSessionKey.map { key throws(StartFault) in
            try KeyedHash(key.value, setting: "previous_session_key")
        }
        sessions = keyed.sessionKey(previous: previous)
    }

    /// Whether the process is on its way out.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// No way back: the next look at readiness says no.
    func beginDraining() { draining.store(true, ordering: .relaxed) }
}

/// Waits on the client's side, in milliseconds.
struct ClientTimeouts: Sendable {
    let header: Int
    let body: Int
    let idle: Int
    let shutdown: Int

    init(_ settings: TimeoutSettings) {
        header = settings.header.milliseconds
        body = settings.body.milliseconds
        idle = settings.idle.milliseconds
        shutdown = settings.shutdown.milliseconds
    }
}

/// Why a checked configuration can't be put to work on this machine.
package enum StartFault: Error, CustomStringConvertible {
    /// A setting and what is wrong with what it names.
    case unusable(String, String)
    /// The system refuses an address.
    case cannotBind(String, String)

    package var description: String {
        switch self {
        case .unusable(let setting, let why): "\(setting): \(why)"
        case .cannotBind(let address, let why): "cannot listen on \(address): \(why)"
        }
    }
}

/// TLS contexts, one for each set of trust anchors.
private final class Trust {
    private var clients: [String: TLSClientContext] = [:]

    init() throws(StartFault) {}

    func client(_ ca: ConfiguredFile?) throws(StartFault) -> TLSClientContext {
        let path = ca?.path ?? ""
        if let known = clients[path] { return known }
        do {
            let made = try TLSClientContext(extraTrust: ca?.path)
            clients[path] = made
            return made
        } catch { throw .unusable("ca_file", "\(error)") }
    }

    func server(_ tls: ListenerTLS) throws(StartFault) -> TLSServerContext {
        do {
            return try TLSServerContext(
                certificate: tls.certificate.path, key: tls.key.path, clientCA: tls.clientCA?.path)
        } catch { throw .unusable("tls", "\(error)") }
    }
}

extension IdentityPolicy {
    init(_ settings: IdentitySettings) {
        self.init(
            issuers: settings.issuers.map(\.identifier), audiences: settings.audiences,
            // One vocabulary, RFC 7518's names, on both sides.
            algorithms: settings.algorithms.compactMap { JWSAlgorithm(rawValue: $0.rawValue) },
            clockSkew: settings.clockSkew.milliseconds / 1000, requiredScope: settings.requiredScope)
    }
}

extension LoopbackHosts {
    /// nil for a listener that other machines reach, by names that the operator alone knows, and for a Unix socket,
    /// which no browser reaches.
    init?(of listener: ListenAddress, _ configuration: ProxyConfiguration) {
        guard case .tcp(let host, _) = listener, listener.isLoopback else { return nil }
        self.init(and: [host] + configuration.allowedHosts + [configuration.publicURL?.host].compactMap(\.self))
    }
}

extension MintedCheck {
    init(_ configuration: ProxyConfiguration, _ provider: ProviderConfiguration) {
        own = configuration.identity.audiences + [provider.clientID, "api://\(provider.clientID)"]
        clockSkew = configuration.identity.clockSkew.milliseconds / 1000
    }
}

extension LedgerLimits {
    init(_ settings: CacheSettings) {
        self.init(
            maxEntries: settings.maxEntries, earlyExpiry: UInt64(settings.earlyExpiry.milliseconds),
            negativeTTL: UInt64(settings.negativeTTL.milliseconds))
    }
}

extension Secret {
    /// 32 random bytes, for keys that need not outlive the process.
    static func random() -> Secret {
        var bytes = [UInt8](repeating: 0, count: 32)
        var generator = SystemRandomNumberGenerator()
        for i in bytes.indices { bytes[i] = generator.next() }
        return Secret(copying: bytes.span)
    }
}
