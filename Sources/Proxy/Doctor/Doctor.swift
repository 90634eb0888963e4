internal import Bytes
internal import Configuration
internal import Glibc
internal import HTTP1
internal import Identity
internal import Libevent
internal import OnBehalfOf
internal import OpenSSL

/// Looks once at all that a call depends on, with the parts that serve calls, in the order in which one thing depends on
/// another. No MCP request is sent, and nothing is minted but with the operator's own user token.
actor Doctor {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let configuration: ProxyConfiguration
    private let shared: Shared
    private let tls: TLSClientContext
    private let report: @Sendable (Finding) -> Void
    private let log = DoctorLog()
    private var documents: [String: Discovery] = [:]
    /// Providers whose exchanges fail for every user.
    private var failing: Set<String> = []
    private var hostsWithClocks: Set<String> = []

    /// Milliseconds for one answer.
    private static let patience = 5000
    /// Milliseconds; the ledger wants to know how long the user's token is good for.
    private static let longerThanAVisit: UInt64 = 3_600_000

    /// - Parameter report: gets each finding as soon as there is one.
    /// - Throws: `StartFault` when the configuration names what cannot be used on this machine.
    init(
        _ configuration: ProxyConfiguration, _ report: @escaping @Sendable (Finding) -> Void
    ) throws(StartFault) {
        (self.configuration, self.report) = (configuration, report)
        do { loop = try EventLoop() } catch { throw .unusable("workers", "\(error)") }
        do { tls = try TLSClientContext(extraTrust: configuration.identity.ca?.anchors) } catch {
            throw .unusable("identity.ca_file", "\(error)")
        }
        shared = try Shared(configuration, workers: 1, log: log.logger, control: loop)
    }

    func examine(_ tokenFile: String?) async {
        for issuer in configuration.identity.issuers { await look(at: issuer) }
        for (place, name) in shared.providerNames.enumerated() {
            if let provider = configuration.providers[name] { await look(at: provider, place) }
        }
        for (server, service) in zip(configuration.servers, shared.services) { await look(at: server, service) }
        guard let tokenFile else {
            return report(
                Finding(
                    .skipped, .token, "none given",
                    "with --token-file a user's token is judged, and exchanged for each server"))
        }
        await look(atTokenIn: tokenFile)
    }

    // MARK: Issuers

    private func look(at issuer: Issuer) async {
        let name = issuer.identifier
        var keysAt = configuration.identity.jwksURI
        if isDiscovered(issuer) {
            let answer = await get(issuer.discovery)
            let (finding, document) = IssuerFindings.discovery(name, issuer.discovery, answer)
            report(finding)
            compareClocks(answer, issuer.discovery)
            documents[name] = document
            keysAt = keysAt ?? document.flatMap { try? UpstreamURL(trusted: $0.jwksURI) }
        }
        guard configuration.identity.tokens == .jwt else { return }
        guard let keysAt else {
            return report(Finding(.skipped, .keys, name, "without discovery nobody says where they are"))
        }
        let answer = await get(keysAt)
        report(
            IssuerFindings.keys(name, keysAt, answer, accepted: IdentityPolicy(configuration.identity).algorithms))
        compareClocks(answer, keysAt)
    }

    /// Whether anything that the proxy needs is found by this issuer's discovery.
    private func isDiscovered(_ issuer: Issuer) -> Bool {
        if configuration.identity.tokens == .jwt && configuration.identity.jwksURI == nil { return true }
        return issuer == configuration.identity.issuers.first
            && configuration.providers.values.contains { $0.tokenEndpoint == nil }
    }

    private func get(_ url: UpstreamURL) async -> IssuerFindings.Answer {
        let outgoing = OutgoingURL(url, tls: tls)
        let request = ByteBuffer()
        outgoing.appendGet(to: request)
        do throws(CallFault) {
            let caller = HTTPCaller(outgoing.endpoint, on: loop)
            return .success(try await caller.call(request, .get, within: Self.patience))
        } catch { return .failure(error) }
    }

    private func compareClocks(_ answer: IssuerFindings.Answer, _ url: UpstreamURL) {
        guard case .success(let reply) = answer, hostsWithClocks.insert(url.authority).inserted else { return }
        let tolerated = configuration.identity.clockSkew.milliseconds / 1000
        report(IssuerFindings.clock(url.authority, date: reply.date, now: time(nil), tolerated: tolerated))
    }

    // MARK: Providers

    private func look(at provider: ProviderConfiguration, _ place: Int) async {
        let subject = "\(provider.name), client \(provider.clientID)"
        guard let service = shared.services.first(where: { $0.provider == place }) else {
            return report(Finding(.skipped, .credential, subject, "no server uses it"))
        }
        guard let url = tokenEndpoint(of: provider) else {
            failing.insert(provider.name)
            return report(nowhere(subject))
        }
        let finding = await probe(provider, service, subject, url)
        let known: Set = hostsWithClocks.contains(url.authority) ? ["exchange", "clock_skew"] : ["exchange"]
        report(finding.with(notes: log.notes(on: provider.name, except: known)))
    }

    private var firstIssuer: String { configuration.identity.issuers.first?.identifier ?? "" }

    private func tokenEndpoint(of provider: ProviderConfiguration) -> UpstreamURL? {
        if let configured = provider.tokenEndpoint { return configured }
        return documents[firstIssuer]?.tokenEndpoint.flatMap { try? UpstreamURL(trusted: $0) }
    }

    private func nowhere(_ subject: String) -> Finding {
        guard documents[firstIssuer] != nil else {
            return Finding(.skipped, .credential, subject, "without discovery nobody says where tokens are exchanged")
        }
        return Finding(
            .fault, .credential, subject, "the issuer's discovery names no token endpoint",
            "Set exchange.token_endpoint.")
    }

    private func probe(
        _ provider: ProviderConfiguration, _ service: Service, _ subject: String, _ url: UpstreamURL
    ) async -> Finding {
        let token = ForgedToken.make(issuer: firstIssuer, audience: provider.clientID, now: time(nil))
        let digest = token.withSpan { SHA256.digest($0) }
        let outcome = await exchange(token, of: UserToken(opaque: digest) { _ in [] }, for: service)
        if case .failed(let fault) = outcome, !ExchangeFindings.isOfTheForgery(fault),
            fault.reason != .scopeMisconfigured
        {
            failing.insert(provider.name)
        }
        if case .failed(let fault) = outcome, fault.reason == .exchangeUnavailable, fault.status == nil {
            // The exchange only says that it failed; a connection of its own says why.
            let endpoint = OutgoingURL(url, tls: tls(for: provider)).endpoint
            if case .failed(let why) = await dial(endpoint, within: Self.patience) {
                return Finding(
                    .fault, .credential, subject, "could not be tried: \(url.authority): \(why.text)",
                    fault.operatorAdvice)
            }
        }
        return ExchangeFindings.credential(
            subject, server: service.name, outcome, isOnlyJudge: configuration.identity.tokens == .opaque)
    }

    private func tls(for provider: ProviderConfiguration) -> TLSClientContext {
        provider.ca.flatMap { try? TLSClientContext(extraTrust: $0.anchors) } ?? tls
    }

    /// One exchange by the way that calls take.
    private func exchange(_ token: Secret, of user: UserToken, for service: Service) async -> ExchangeOutcome {
        let key = ExchangeKey(token: token.withSpan { SHA256.digest($0) }, service: service.exchangeDigest)
        let lookup = shared.desk.lookup(
            key, user: user.identityDigest, provider: service.provider,
            userTokenLeft: Self.longerThanAVisit)
        switch lookup {
        case .hit(let token), .hitRefresh(let token, _): return .minted(token)
        case .join(let flight): return await shared.desk.outcome(of: flight)
        case .lead(let flight):
            shared.endpoints[service.provider].start(
                ExchangeOrder(flight, for: user, token, to: service, requestID: ForgedToken.name))
            return await shared.desk.outcome(of: flight)
        case .negative(let fault): return .failed(fault)
        case .breakerOpen: return .failed(ExchangeFault(.breakerOpen))
        case .throttled: return .failed(ExchangeFault(.exchangeThrottled))
        case .overloaded: return .failed(ExchangeFault(.overloaded))
        case .absent, .renewedInVain: return .failed(ExchangeFault(.exchangeRejected))
        }
    }

    // MARK: Servers

    private func look(at server: ServerConfiguration, _ service: Service) async {
        report(ServerFindings.reach(server, await dial(service.endpoint, within: service.timeouts.connect)))
    }

    /// Opens a connection, sends nothing over it, and closes it.
    private func dial(_ endpoint: Endpoint, within milliseconds: Int) async -> ServerFindings.Connection {
        let wakeup = Wakeup(on: loop)
        defer { wakeup.invalidate() }
        do throws(DialFault) {
            let stream = try await endpoint.connect(on: loop, wakeup, within: milliseconds)
            defer { stream.close() }
            guard let transport = stream.transport as? TLSTransport else { return .plain }
            return .secured(left: transport.peerValidUntil?.saturating(minus: time(nil)))
        } catch { return .failed(error) }
    }

    // MARK: A user's token

    private func look(atTokenIn file: String) async {
        let token: Secret
        do throws(FileFault) { token = Secret(copying: Self.trimmed(try SystemFile.read(file)).span) } catch {
            return report(Finding(.fault, .token, file, "\(error)"))
        }
        let now = time(nil)
        let outline = token.withSpan { TokenOutline($0) }
        let findings = TokenFindings(
            source: file, policy: IdentityPolicy(configuration.identity),
            clientID: configuration.providers[ProviderConfiguration.defaultName]?.clientID ?? "<client id>",
            outline: outline, now: now)
        guard !token.isEmpty else { return report(findings.explain(.missingToken)) }
        switch await shared.authenticator.judge(token, token.withSpan { SHA256.digest($0) }, now: now) {
        case .failure(let fault):
            report(findings.explain(fault))
            for service in shared.services {
                report(Finding(.skipped, .exchange, service.name, "not with this token"))
            }
        case .success(let user):
            report(findings.good)
            for service in shared.services { await tryExchange(token, of: user, for: service) }
        }
    }

    private func tryExchange(_ token: Secret, of user: UserToken, for service: Service) async {
        guard !failing.contains(shared.providerNames[service.provider]) else {
            return report(Finding(.skipped, .exchange, service.name, "not while its provider refuses the client"))
        }
        let outcome = await exchange(token, of: user, for: service)
        var outline: TokenOutline?
        if case .minted(let token) = outcome { outline = token.withSpan { TokenOutline($0) } }
        report(ExchangeFindings.exchange(service.name, outcome, outline: outline, now: time(nil)))
    }

    /// Without white space at either end, and without the scheme that comes with a copied header field.
    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let isSpace = { (byte: UInt8) in byte <= 0x20 }
        var token = text.drop(while: isSpace)
        while let last = token.last, isSpace(last) { token.removeLast() }
        let scheme = Array("bearer ".utf8)
        guard token.count > scheme.count, zip(token, scheme).allSatisfy({ $0 | 0x20 == $1 }) else {
            return Array(token)
        }
        return Array(token.dropFirst(scheme.count).drop(while: isSpace))
    }
}
