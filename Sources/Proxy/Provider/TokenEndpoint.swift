internal import Bytes
internal import Configuration
internal import Glibc
internal import HTTP1
internal import Libevent
internal import Logging
internal import OnBehalfOf
internal import OpenSSL

/// What one exchange is about.
struct ExchangeOrder: Sendable {
    let flight: FlightID
    let target: ExchangeTarget
    let server: String
    let assertion: Secret
    /// The user as the logs name it.
    let user: String
    let requestID: String
}

/// One provider's token endpoint: carries out exchanges. Whether there is one at all, and who gets its outcome,
/// is the ledger's business. On the control loop, so that its TLS handshakes cost the workers nothing.
actor TokenEndpoint {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let provider: ProviderConfiguration
    private let policy: RetryPolicy
    private let desk: ExchangeDesk
    private let keys: KeySource
    private let tls: TLSClientContext
    private let log: Logger
    private var found: (url: OutgoingURL, caller: HTTPCaller)?

    init(
        _ provider: ProviderConfiguration, desk: ExchangeDesk, keys: KeySource, tls: TLSClientContext, log: Logger,
        on loop: EventLoop
    ) {
        (self.provider, self.desk, self.keys, self.tls, self.log, self.loop) = (provider, desk, keys, tls, log, loop)
        policy = RetryPolicy(retries: provider.retries, attemptTimeout: UInt64(provider.timeout.milliseconds))
    }

    /// Starts an exchange in a task of its own: no client's departure can end it.
    nonisolated func start(_ order: ExchangeOrder) {
        Task.detached(executorPreference: loop) { await self.run(order) }
    }

    private func run(_ order: ExchangeOrder) async {
        let began = EventLoop.nanoseconds
        var attempts = 0
        var outcome = ExchangeOutcome.failed(.unreachable)
        while true {
            attempts += 1
            let elapsed = (EventLoop.nanoseconds &- began) / 1_000_000
            outcome = await attempt(order, within: Int(policy.timeout(elapsed: elapsed)))
            let mayGoOn = desk.attempted(order.flight, fault: outcome.fault)
            guard let fault = outcome.fault, mayGoOn else { break }
            let spent = (EventLoop.nanoseconds &- began) / 1_000_000
            let chance = UInt64.random(in: 0...UInt64.max)
            guard
                case .retry(let pause) = policy.decide(after: fault, attempt: attempts, elapsed: spent, random: chance)
            else { break }
            let wakeup = Wakeup(on: loop)
            await wakeup.sleep(milliseconds: Int(pause))
            wakeup.invalidate()
        }
        // The audit first: whoever has an outcome can find it in the log.
        account(order, outcome, attempts, EventLoop.nanoseconds &- began)
        desk.finish(order.flight, outcome)
    }

    private func attempt(_ order: ExchangeOrder, within milliseconds: Int) async -> ExchangeOutcome {
        let deadline = EventLoop.now &+ UInt64(milliseconds)
        guard let (url, caller) = await endpoint(within: milliseconds) else { return .failed(.unreachable) }
        // Discovery, where it was needed, has had its part of the time.
        let left = deadline > EventLoop.now ? Int(deadline &- EventLoop.now) : 0
        guard left > 0 else { return .failed(.timedOut) }
        let exchange = ExchangeRequest(target: order.target, assertion: order.assertion)
        let (message, body) = (ByteBuffer(capacity: 4096), ByteBuffer(capacity: 4096))
        exchange.appendBody(to: body)
        url.appendPostStart(to: message)
        exchange.appendFields(to: message)
        message.appendFraming(.length(UInt64(body.count)))
        message.appendHeadEnd()
        body.withSpan { message.append($0) }
        do {
            let reply = try await caller.call(message, .post, within: left)
            return ExchangeResponse.read(
                .init(status: reply.status, contentType: reply.contentType, retryAfter: reply.retryAfter),
                body: reply.body.span, assertion: order.assertion, now: EventLoop.now, wallClock: Int64(time(nil)))
        } catch {
            return .failed(error.exchangeFault)
        }
    }

    private func endpoint(within milliseconds: Int) async -> (url: OutgoingURL, caller: HTTPCaller)? {
        if let found { return found }
        var url = provider.tokenEndpoint
        if url == nil { url = await keys.tokenEndpoint(within: milliseconds) }
        guard let url else { return nil }
        if let found { return found }
        let outgoing = OutgoingURL(url, tls: tls)
        let caller = HTTPCaller(outgoing.endpoint, on: loop, connections: provider.maxConnections)
        found = (outgoing, caller)
        return found
    }

    private func account(_ order: ExchangeOrder, _ outcome: ExchangeOutcome, _ attempts: Int, _ elapsed: UInt64) {
        let name = outcome.fault?.reason.rawValue ?? "minted"
        desk.count(provider: provider.name, server: order.server, outcome: name, nanoseconds: elapsed)
        var fields: Logger.Metadata = [
            "event": "exchange", "server": "\(order.server)", "provider": "\(provider.name)", "user": "\(order.user)",
            "scopes": "\(order.target.scopes)", "outcome": "\(name)", "attempts": "\(attempts)",
            "duration_ms": "\(elapsed / 1_000_000)", "request_id": "\(order.requestID)",
        ]
        guard let fault = outcome.fault else { return log.info("exchange", metadata: fields) }
        if let error = fault.error { fields["provider_error"] = "\(error)" }
        if let suberror = fault.suberror { fields["provider_suberror"] = "\(suberror)" }
        if let status = fault.status { fields["provider_status"] = "\(status)" }
        if !fault.codes.isEmpty { fields["aadsts"] = "\(fault.codes.map(String.init).joined(separator: " "))" }
        if let id = fault.correlationID { fields["correlation_id"] = "\(id)" }
        if let id = fault.traceID { fields["trace_id"] = "\(id)" }
        log.warning("exchange", metadata: fields)
    }
}

extension ExchangeOutcome {
    /// What went wrong, if something did.
    var fault: ExchangeFault? {
        if case .failed(let fault) = self { fault } else { nil }
    }
}

extension CallFault {
    /// What a broken call means for an exchange: without a whole answer the provider is in trouble, and another
    /// attempt is worth making; a whole one that is no HTTP or far too large is not what a provider says.
    var exchangeFault: ExchangeFault {
        switch self {
        case .timedOut: .timedOut
        case .dial(let fault): fault.isTimeout ? .timedOut : .unreachable
        case .noAnswer, .cutOff: .unreachable
        case .malformed, .tooLarge: ExchangeFault(.invalidExchangeResponse)
        }
    }
}
