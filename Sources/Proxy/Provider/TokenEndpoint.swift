internal import Bytes
internal import Configuration
internal import Glibc
internal import HTTP1
internal import Identity
internal import Libevent
internal import Logging
internal import OnBehalfOf
internal import OpenSSL

/// One provider's token endpoint: carries out exchanges. Whether there is one at all, and who gets its outcome,
/// is the ledger's business. On the control loop, so that its TLS handshakes cost the workers nothing.
actor TokenEndpoint {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// What the ledger knows its breaker by.
    nonisolated let number: Int
    nonisolated let tls: TLSClientContext
    private let provider: ProviderConfiguration
    private let policy: RetryPolicy
    private let credentials: any ClientCredentialSource
    private let places: ConnectionPlaces
    private var clock = ProviderClock()
    private let desk: ExchangeDesk
    private let keys: KeySource
    private let log: Logger
    private var found: UpstreamURL?
    private var history = ExchangeHistory()
    private var open: (tls: TLSClientContext, url: OutgoingURL, caller: HTTPCaller)?

    /// - Throws: `StartFault` for a credential that can't be used.
    init(
        _ provider: ProviderConfiguration, desk: ExchangeDesk, keys: KeySource, tls: TLSClientContext, log: Logger,
        on loop: EventLoop, number: Int = 0
    ) throws(StartFault) {
        self.number = number
        (self.provider, self.desk, self.keys, self.tls, self.log, self.loop) = (provider, desk, keys, tls, log, loop)
        credentials = try ClientCredentials.source(for: provider, tls: tls, log: log, on: loop)
        places = ConnectionPlaces(provider.maxConnections, on: loop)
        // Ten seconds for all that is waited for, less what a loop may be late to notice that they are over.
        policy = RetryPolicy(
            retries: provider.retries, attemptTimeout: UInt64(provider.timeout.milliseconds), budget: 9_800)
    }

    /// Its connections are closed on their own loop, whoever was the last to let go of it: a call on a worker, maybe,
    /// that was under way when a reload put another one in its place.
    isolated deinit {}

    /// What there is to say of it.
    var standing: ProviderStanding {
        ProviderStanding(
            provider: provider, endpoint: found ?? provider.tokenEndpoint, credentialEnds: credentials.endsAt,
            history: history)
    }

    /// Starts an exchange in a task of its own: no client's departure can end it.
    nonisolated func start(_ order: ExchangeOrder) {
        Task.detached(executorPreference: loop) { await self.run(order) }
    }

    private func run(_ order: ExchangeOrder) async {
        var course = Course(policy)
        let outcome = await exchange(order, &course)
        // The audit first: whoever has an outcome can find it in the log.
        let audit = ExchangeAudit(order: order, provider: provider.name, outcome: outcome, course: course)
        desk.count(provider: provider.name, server: order.server, outcome: audit.name, nanoseconds: course.elapsed)
        audit.write(to: log)
        history.note(outcome, for: order.server, at: time(nil))
        desk.finish(order.flight, outcome)
    }

    /// Attempts until one has an outcome that another would not better.
    private func exchange(_ order: ExchangeOrder, _ course: inout Course) async -> ExchangeOutcome {
        while true {
            guard await places.take(for: order.user.identityDigest, within: course.line) else {
                return .failed(.queueTimedOut)
            }
            // While it waited for its turn, others may have found that the provider is down.
            if let fault = desk.refusal(of: order.flight) {
                places.give()
                return .failed(fault)
            }
            course.begin()
            let (answer, proof) = await attempt(order, course)
            places.give()
            let outcome = course.verdict(on: answer)
            let mayGoOn = desk.attempted(order.flight, fault: outcome.fault)
            guard let fault = outcome.fault, mayGoOn else { return outcome }
            if course.mayProveAgain(fault), let proof, await credentials.mayDiffer(from: proof) { continue }
            guard let pause = course.pause(after: fault) else { return outcome }
            await sleep(milliseconds: pause)
        }
    }

    private func sleep(milliseconds: UInt64) async {
        let wakeup = Wakeup(on: loop)
        await wakeup.sleep(milliseconds: Int(milliseconds))
        wakeup.invalidate()
    }

    /// One attempt: where to, who we are, the request, and what the answer means. Each part has what the one before
    /// left of the time.
    private func attempt(
        _ order: ExchangeOrder, _ course: Course
    ) async -> (outcome: ExchangeOutcome, proof: ClientProof?) {
        let deadline = EventLoop.now &+ course.attemptTimeout
        let left = { EventLoop.left(until: deadline) }
        guard let endpoint = await endpoint(within: left()) else { return (.failed(.unreachable), nil) }
        guard left() > 0 else { return (.failed(.timedOut), nil) }
        let proof: ClientProof
        do throws(CredentialFault) {
            proof = try await credentials.proof(audience: "\(endpoint)", within: left())
        } catch {
            log.error(
                "client credential unusable", metadata: ["provider": "\(provider.name)", "fault": "\(error.text)"])
            return (.failed(error.exchangeFault), nil)
        }
        guard left() > 0 else { return (.failed(.timedOut), nil) }
        let request = ExchangeRequest(
            target: order.target, subject: order.subject, proof: proof, claims: order.claims,
            requestID: course.requestID)
        let (url, caller) = connections(to: endpoint)
        let message = url.post(request)
        do throws(CallFault) {
            return (judge(try await caller.call(message, .post, within: left()), order), proof)
        } catch { return (.failed(error.exchangeFault(showing: proof)), proof) }
    }

    private func judge(_ reply: HTTPReply, _ order: ExchangeOrder) -> ExchangeOutcome {
        let now = time(nil)
        if let seconds = clock.warning(date: reply.date, now: now) { note(skew: seconds) }
        let (head, body) = (
            ExchangeResponse.Head(
                status: reply.status, contentType: reply.contentType, retryAfter: reply.retryAfter), reply.body
        )
        let outcome = ExchangeResponse.read(
            head, body: body.span, grant: order.target.grant, subject: order.subject, now: EventLoop.now,
            // A date in Retry-After is by the provider's clock, and so is what to compare it with.
            wallClock: HTTPDate.seconds(reply.date) ?? Int64(now))
        guard case .minted(let token) = outcome, let check = order.check else { return outcome }
        return check.judge(token, for: order.user, now: now)
    }

    /// A clock that is off makes good tokens look expired, or expired ones good.
    private func note(skew seconds: Int) {
        log.warning(
            "clocks differ",
            metadata: ["event": "clock_skew", "provider": "\(provider.name)", "seconds_ahead": "\(seconds)"])
    }

    private func endpoint(within milliseconds: Int) async -> UpstreamURL? {
        if found == nil { found = provider.tokenEndpoint }
        if let found { return found }
        let url = await keys.tokenEndpoint(mutualTLS: credentials.tls != nil, within: milliseconds)
        if found == nil { found = url }
        return found
    }

    /// Connections on which the credential is shown that is in force now: a new certificate makes new ones.
    private func connections(to endpoint: UpstreamURL) -> (url: OutgoingURL, caller: HTTPCaller) {
        let wanted = credentials.tls ?? tls
        if let open, open.tls === wanted { return (open.url, open.caller) }
        let url = OutgoingURL(endpoint, tls: wanted)
        let caller = HTTPCaller(url.endpoint, on: loop, keeping: provider.maxConnections)
        open = (wanted, url, caller)
        return (url, caller)
    }
}

extension OutgoingURL {
    /// The whole message of an exchange. It holds secrets: send it and let go.
    fileprivate func post(_ request: ExchangeRequest) -> ByteBuffer {
        let (message, body) = (ByteBuffer(capacity: 4096), ByteBuffer(capacity: 4096))
        request.appendBody(to: body)
        appendPostStart(to: message)
        request.appendFields(to: message)
        message.appendFraming(.length(UInt64(body.count)))
        message.appendHeadEnd()
        body.withSpan { message.append($0) }
        return message
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
