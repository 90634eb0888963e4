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

    private let provider: ProviderConfiguration
    private let policy: RetryPolicy
    private let credentials: ClientCredentialSource
    private let places: ConnectionPlaces
    private var clock = ProviderClock()
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
        credentials = ClientCredentialSource(provider)
        places = ConnectionPlaces(provider.maxConnections, on: loop)
        policy = RetryPolicy(retries: provider.retries, attemptTimeout: UInt64(provider.timeout.milliseconds))
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
        desk.finish(order.flight, outcome)
    }

    /// Attempts until one has an outcome that another would not better.
    private func exchange(_ order: ExchangeOrder, _ course: inout Course) async -> ExchangeOutcome {
        while true {
            guard await places.take(for: order.user.identityDigest, within: course.left) else {
                return .failed(.queueTimedOut)
            }
            // While it waited for its turn, others may have found that the provider is down.
            if let fault = desk.refusal(of: order.flight) {
                places.give()
                return .failed(fault)
            }
            course.attempts += 1
            let (outcome, proof) = await attempt(order, course)
            places.give()
            let mayGoOn = desk.attempted(order.flight, fault: outcome.fault)
            guard let fault = outcome.fault, mayGoOn else { return outcome }
            if course.mayProveAgain(fault), let proof, credentials.mayDiffer(from: proof) { continue }
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
        let left = { deadline > EventLoop.now ? Int(deadline &- EventLoop.now) : 0 }
        guard let (url, caller) = await endpoint(within: left()) else { return (.failed(.unreachable), nil) }
        guard left() > 0 else { return (.failed(.timedOut), nil) }
        let proof: ClientProof
        do throws(CredentialFault) { proof = try await credentials.proof(audience: "\(url.url)", within: left()) } catch
        {
            log.error(
                "client credential unusable", metadata: ["provider": "\(provider.name)", "fault": "\(error.text)"])
            return (.failed(ExchangeFault(.clientRejected)), nil)
        }
        guard left() > 0 else { return (.failed(.timedOut), nil) }
        let request = ExchangeRequest(
            target: order.target, subject: order.subject, proof: proof, claims: order.claims,
            requestID: course.requestID)
        let message = url.post(request)
        do throws(CallFault) {
            return (judge(try await caller.call(message, .post, within: left()), order), proof)
        } catch { return (.failed(error.exchangeFault), proof) }
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
            wallClock: Int64(now))
        guard case .minted(let token) = outcome, let check = order.check else { return outcome }
        return check.judge(token, for: order.user, now: now)
    }

    /// A clock that is off makes good tokens look expired, or expired ones good.
    private func note(skew seconds: Int) {
        log.warning(
            "clocks differ",
            metadata: ["event": "clock_skew", "provider": "\(provider.name)", "seconds_ahead": "\(seconds)"])
    }

    private func endpoint(within milliseconds: Int) async -> (url: OutgoingURL, caller: HTTPCaller)? {
        if let found { return found }
        var url = provider.tokenEndpoint
        if url == nil { url = await keys.tokenEndpoint(within: milliseconds) }
        guard let url else { return nil }
        if let found { return found }
        let outgoing = OutgoingURL(url, tls: tls)
        let caller = HTTPCaller(outgoing.endpoint, on: loop, keeping: provider.maxConnections)
        found = (outgoing, caller)
        return found
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
