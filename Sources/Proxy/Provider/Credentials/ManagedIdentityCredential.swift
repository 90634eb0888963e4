internal import Bytes
internal import Configuration
internal import Glibc
internal import HTTP1
internal import Libevent
internal import OnBehalfOf
internal import OpenSSL

/// A managed identity's token, kept until shortly before its end. One request at a time: whoever needs a token
/// meanwhile waits for that one's outcome, but no longer than their own attempt may take.
actor ManagedIdentityCredential: ClientCredentialSource {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let identity: ManagedIdentity
    private let endpoint: OutgoingURL
    private let caller: HTTPCaller
    private let policy = ManagedIdentityRetries()
    private var kept: (token: Secret, until: UInt64)?
    private var flight: Flight?

    /// One request with its repetitions, and who waits for it.
    private final class Flight {
        var waiting: [Wakeup] = []
        var outcome: Result<Secret, CredentialFault>?
    }

    init(_ settings: ManagedIdentitySettings, tls: TLSClientContext, on loop: EventLoop) {
        self.loop = loop
        identity = ManagedIdentity(
            ManagedIdentity.Service(settings.service), clientID: settings.clientID, resource: settings.resource)
        endpoint = OutgoingURL(settings.endpoint, tls: tls)
        caller = HTTPCaller(endpoint.endpoint, on: loop, keeping: 1)
    }

    /// Its connections are closed on their own loop.
    isolated deinit {}

    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        if let kept, EventLoop.now < kept.until { return .assertion(kept.token) }
        let flight = flight ?? start()
        let wakeup = Wakeup(on: loop)
        defer { wakeup.invalidate() }
        flight.waiting.append(wakeup)
        wakeup.expire(after: milliseconds)
        while flight.outcome == nil, !wakeup.expired { await wakeup.wait() }
        guard let outcome = flight.outcome else { throw .timedOut }
        return .assertion(try outcome.get())
    }

    /// For a look at whether there is another token already, while an exchange waits.
    private static let glance = 1000

    /// The platform may have a newer one by now, for an identity whose trust was only just set up.
    func mayDiffer(from rejected: ClientProof) async -> Bool {
        guard case .assertion(let used) = rejected else { return false }
        if let kept, isEqual(kept.token, used) { self.kept = nil }
        guard case .assertion(let now)? = try? await proof(audience: "", within: Self.glance) else { return false }
        return !isEqual(now, used)
    }

    private func start() -> Flight {
        let flight = Flight()
        self.flight = flight
        Task(executorPreference: loop) { await self.run() }
        return flight
    }

    private func run() async {
        let outcome = await fetch()
        guard let flight else { return }
        flight.outcome = outcome
        self.flight = nil
        for wakeup in flight.waiting { wakeup.fire() }
    }

    private func fetch() async -> Result<Secret, CredentialFault> {
        let began = EventLoop.now
        var attempt = 1
        while true {
            let result = await ask(within: policy.patience)
            guard case .failure(.unavailable) = result.outcome else { return result.outcome }
            guard let pause = policy.pause(after: attempt, elapsed: EventLoop.now &- began, asked: result.retryAfter)
            else { return result.outcome }
            let wakeup = Wakeup(on: loop)
            await wakeup.sleep(milliseconds: pause)
            wakeup.invalidate()
            attempt &+= 1
        }
    }

    private func ask(within milliseconds: Int) async -> (outcome: Result<Secret, CredentialFault>, retryAfter: UInt64?)
    {
        do throws(CallFault) {
            let reply = try await caller.call(request, .get, within: milliseconds)
            let retryAfter = RetryAfter.milliseconds(reply.retryAfter, wallClock: Int64(time(nil)))
            return (read(reply), retryAfter)
        } catch { return (.failure(.unavailable(error.text)), nil) }
    }

    private var request: ByteBuffer {
        let message = ByteBuffer()
        message.append("GET " as StaticString)
        identity.appendTarget(path: endpoint.url.path, to: message)
        message.append(" HTTP/1.1\r\nHost: " as StaticString)
        message.append(string: endpoint.url.authority)
        message.append("\r\nAccept: application/json\r\nUser-Agent: obo-proxy\r\n" as StaticString)
        identity.appendFields(to: message)
        message.append("\r\n" as StaticString)
        return message
    }

    private func read(_ reply: HTTPReply) -> Result<Secret, CredentialFault> {
        guard reply.status == 200 else {
            let why = "HTTP status \(reply.status)"
            return .failure(ManagedIdentity.isTransient(status: reply.status) ? .unavailable(why) : .refused(why))
        }
        let body = reply.body
        guard let token = ManagedIdentity.token(in: body.span, wallClock: Int64(time(nil))) else {
            return .failure(.refused("the answer holds no token"))
        }
        kept = (token.secret, EventLoop.now &+ token.useful)
        return .success(token.secret)
    }
}

/// When a managed identity's service is asked again. All times are milliseconds.
struct ManagedIdentityRetries {
    /// For one request.
    let patience = 3000
    /// For all of them with the pauses between: as long as an exchange may take altogether.
    let budget = 10_000

    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - asked: how long the service asks to be left alone.
    /// - Returns: nil when it is not asked again.
    func pause(after attempt: Int, elapsed: UInt64, asked: UInt64?) -> Int? {
        let doubled = 250 << min(max(attempt &- 1, 0), 5)
        let pause = max(doubled, Int(clamping: asked ?? 0))
        let left = budget &- min(Int(clamping: elapsed), budget)
        return pause < left ? pause : nil
    }
}

extension ManagedIdentity.Service {
    fileprivate init(_ service: ManagedIdentitySettings.Service) {
        switch service {
        case .instanceMetadata: self = .instanceMetadata
        case .appService(let header): self = .appService(header: header)
        }
    }
}
