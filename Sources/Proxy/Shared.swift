internal import Bytes
internal import Configuration
internal import HTTP1
internal import Identity
internal import Libevent
internal import Logging
internal import MCP
internal import OnBehalfOf
internal import OpenSSL

/// One generation of settings: what all workers have in common, worked out once from a configuration and then read only,
/// but for the desks, which guard themselves. A reload makes another one; a call keeps the one that it began with, so
/// no call ever sees two.
final class Shared: Sendable {
    let configuration: ProxyConfiguration
    /// 1 at the start, one more with each reload that was applied.
    let generation: Int
    let lasting: Lasting

    let services: [Service]
    /// By `Service.index`: servers of earlier generations keep their places, and their counts with them.
    let serverNames: [String]
    let authenticator: Authenticator
    let keys: KeySource
    /// By `Service.provider`.
    let endpoints: [TokenEndpoint]
    let providerNames: [String]
    let sessions: SessionKey
    /// Whether minted tokens outlive the user's.
    let servesBeyondUserToken: Bool
    /// Seconds that clocks may differ.
    let clockSkew: Int
    let listenerTLS: TLSServerContext?
    /// Tells connections apart that came in by another door: see `Worker.take`.
    let door: Int
    let clientContexts: [Trust.Anchors: TLSClientContext]

    let headLimits: HeadLimits
    let bodyLimit: UInt64
    let connections: Int
    /// nil for no limit.
    let rates: RequestRates?
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

    let log: Logger
    let logsRequests: Bool
    let logsJSON: Bool

    /// - Parameters:
    ///   - control: the loop for exchanges and keys.
    ///   - previous: the generation before, whose parts stay in use where their settings are the same.
    ///   - known: the keys that its issuers had.
    /// - Throws: `StartFault` for what only the running system can tell, such as an unusable certificate file.
    init(
        _ configuration: ProxyConfiguration, workers: Int, log: Logger, control: EventLoop,
        after previous: Shared? = nil, known: KeySource.Known? = nil
    ) throws(StartFault) {
        self.configuration = configuration
        self.log = log
        generation = (previous?.generation ?? 0) &+ 1
        let lasting = previous?.lasting ?? Lasting(configuration, log: log)
        self.lasting = lasting
        logsJSON = configuration.log.format == .json
        logsRequests = Logger.Level(configuration.log.level) <= .info
        headLimits = HeadLimits(bytes: configuration.limits.headerBytes)
        bodyLimit = UInt64(clamping: configuration.limits.bodyBytes)
        connections = configuration.limits.connections
        let isSameRate = previous?.configuration.limits.requestsPerUser == configuration.limits.requestsPerUser
        rates = isSameRate ? previous?.rates : RequestRates(configuration.limits.requestsPerUser)
        waits = ClientTimeouts(configuration.timeouts)
        sidecarKey = configuration.sidecarKey?.value
        allowedOrigins = configuration.allowedOrigins.map { Array($0.utf8) }
        hosts = LoopbackHosts(of: configuration.listen, configuration)
        adminHosts = configuration.admin.flatMap { LoopbackHosts(of: $0, configuration) }
        publicFace = PublicFace(configuration)
        issuers = configuration.identity.tokens == .jwt ? configuration.identity.issuers.map(\.identifier) : []
        servesBeyondUserToken = configuration.cache.afterUserTokenExpiry == .serve
        clockSkew = configuration.identity.clockSkew.milliseconds / 1000

        var trust = Trust(after: previous)
        let isSameTLS = previous.map { configuration.hasSame(Self.tlsKeys, as: $0.configuration) } ?? false
        listenerTLS =
            try isSameTLS
            ? previous?.listenerTLS : configuration.tls.map { tls throws(StartFault) in try Trust.server(tls) }
        door = previous.map { $0.hasSameDoor(configuration) ? $0.door : $0.door &+ 1 } ?? 0
        let keyed = try KeyedHash(configuration.sessionKey?.value ?? lasting.randomKey)
        keys = KeySource.made(
            configuration.identity, tls: try trust.client(configuration.identity.ca), log: log, on: control,
            refreshes: lasting.refreshes, after: previous?.keys, known)
        authenticator =
            previous.flatMap { $0.judgesAlike(configuration) ? $0.authenticator : nil }
            ?? Authenticator(
                IdentityPolicy(configuration.identity), configuration.identity.tokens, keys: keys,
                bound: configuration.cache.maxEntries, outlives: servesBeyondUserToken,
                naming: { keyed.logName(of: $0) })
        let providers = configuration.providers.values.sorted { $0.name < $1.name }
        providerNames = providers.map(\.name)
        var endpoints: [TokenEndpoint] = []
        for provider in providers {
            let tls = try trust.client(provider.ca)
            if let same = previous?.endpoint(alike: provider, configuration, keys: keys, tls: tls) {
                endpoints.append(same)
                continue
            }
            endpoints.append(
                try TokenEndpoint(
                    provider, desk: lasting.desk, keys: keys, tls: tls, log: log, on: control,
                    number: generation << 20 | endpoints.count))
        }
        self.endpoints = endpoints

        var names = previous?.serverNames ?? []
        var services: [Service] = []
        for server in configuration.servers {
            guard let place = providers.firstIndex(where: { $0.name == server.provider }) else {
                throw .unusable("servers.\(server.name).provider", "no such provider")
            }
            let tls = server.url.scheme == .https ? try trust.client(server.ca) : nil
            let check = server.checksMinted ? MintedCheck(configuration, providers[place]) : nil
            let target = try ExchangeTarget(
                server, providers[place], issuer: configuration.identity.issuers.first, check: check)
            let index = names.firstIndex(of: server.name) ?? names.count
            if index == names.count { names.append(server.name) }
            let service = Service(
                server, index: index, provider: place, breaker: endpoints[place].number, target: target, check: check,
                tls: tls, generation: generation, after: previous)
            services.append(service)
        }
        (self.services, serverNames) = (services, names)
        clientContexts = trust.clients
        let replaced = try configuration.previousSessionKey.map { key throws(StartFault) in
            try KeyedHash(key.value, setting: "previous_session_key")
        }
        sessions = keyed.sessionKey(previous: replaced)
    }

    /// Lets a client's new connection in, or says which limit is against it.
    func limit(on descriptor: Int32) -> Limit? {
        if Int(descriptor) >= lasting.files.clientCeiling { return .openFiles }
        return lasting.enter(most: connections) ? nil : .connections
    }

    /// For the operator, before it happens under load.
    func warnOfTooFewFiles() {
        let needed = lasting.files.needed(for: connections)
        guard needed > lasting.files.limit else { return }
        log.warning(
            "limits.connections needs more open files than the system allows",
            metadata: [
                "event": "open_files", "setting": "limits.connections", "needed": "\(needed)",
                "open_files": "\(lasting.files.limit)",
            ])
    }

    var desk: ExchangeDesk { lasting.desk }
    /// Whether the process is on its way out.
    var isDraining: Bool { lasting.isDraining }
}

/// What of this generation serves the next one as well.
extension Shared {
    private static let tlsKeys = ["tls.certificate", "tls.key", "tls.client_ca"]

    /// Whether clients come in as before: by the same address, with the same proof of who they are.
    private func hasSameDoor(_ next: ProxyConfiguration) -> Bool {
        next.listen == configuration.listen && (next.tls == nil) == (configuration.tls == nil)
            && isEqual(next.tls?.clientCA?.contents, configuration.tls?.clientCA?.contents)
    }

    /// Whether verdicts on user tokens are still what they would be.
    private func judgesAlike(_ next: ProxyConfiguration) -> Bool {
        next.hasSameIdentity(as: configuration)
            && next.hasSame(["session_key", "cache.max_entries", "cache.after_user_token_expiry"], as: configuration)
    }

    private func endpoint(
        alike provider: ProviderConfiguration, _ next: ProxyConfiguration, keys: KeySource, tls: TLSClientContext
    ) -> TokenEndpoint? {
        guard let place = providerNames.firstIndex(of: provider.name),
            next.hasSameProvider(provider.name, as: configuration), endpoints[place].tls === tls,
            provider.tokenEndpoint != nil || self.keys === keys
        else { return nil }
        return endpoints[place]
    }
}

/// Waits on the client's side, in milliseconds.
struct ClientTimeouts: Sendable {
    let header: Int
    let body: Int
    let idle: Int
    let shutdown: Int
    /// How long open connections are waited for when told to stop, in case they are about to ask for something.
    var lastCall: Int { shutdown / 10 }
    /// When calls in flight are told that they can't be waited for, while there is still time to tell them.
    var lastMoment: Int { shutdown - shutdown / 10 }

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
