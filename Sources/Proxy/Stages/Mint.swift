internal import Bytes
internal import Glibc
internal import Identity
internal import Libevent
internal import MCP
internal import OnBehalfOf

extension Worker {
    /// A token minted for this user and this server: found, waited for, or exchanged for.
    func mint(_ call: Call, for user: UserToken, to service: Service) async throws(Interruption) -> MintedCredential {
        let lookup = call.shared.desk.lookup(
            service.key(of: call), user: user.identityDigest, provider: service.breaker,
            userTokenLeft: left(of: user, in: call), mayExchange: mayExchange(user, in: call))
        if case .hit(let token) = lookup {
            call.lookup = .hit
            return try use(token, call)
        }
        return try await follow(lookup, call, user, service)
    }

    /// Another token in place of one that the server has rejected.
    func renew(
        _ call: Call, _ rejected: MintedToken, _ challenge: ClaimsChallenge?, for user: UserToken, at service: Service
    ) async throws(Interruption) -> MintedCredential {
        let key = service.key(of: call)
        guard mayExchange(user, in: call) else {
            call.shared.desk.forget(key, rejected)
            throw .refused(.expiredToken)
        }
        if call.lookup == .hit { note(.hit, call, service) }
        note(.bypass, call, service)
        let asked = challenge.map { service.digest(asking: $0) } ?? key.service
        let lookup = call.shared.desk.renew(
            key, asking: asked, rejected: rejected, user: user.identityDigest, provider: service.breaker)
        return try await follow(lookup, call, user, service, challenge)
    }

    private func follow(
        _ lookup: LedgerLookup, _ call: Call, _ user: UserToken, _ service: Service,
        _ challenge: ClaimsChallenge? = nil
    ) async throws(Interruption) -> MintedCredential {
        switch lookup {
        case .hit(let token): return try use(token, call)
        case .hitRefresh(let token, let flight):
            call.lookup = .hit
            start(flight, call, user, service)
            return try use(token, call)
        case .join(let flight):
            note(.joined, call, service)
            return try await wait(for: flight, call)
        case .lead(let flight):
            note(.miss, call, service)
            start(flight, call, user, service, challenge)
            return try await wait(for: flight, call)
        case .negative(let fault):
            note(.negative, call, service)
            throw refusal(fault, call)
        case .breakerOpen(let milliseconds):
            call.retryAfter = seconds(milliseconds)
            throw .refused(.breakerOpen)
        case .throttled(let milliseconds):
            call.retryAfter = seconds(milliseconds)
            throw .refused(.exchangeThrottled)
        case .overloaded:
            call.reached(.exchanges)
            throw .refused(.overloaded)
        case .absent: throw .refused(.expiredToken)
        case .renewedInVain: throw .refused(.upstreamRejectedToken)
        }
    }

    /// Counts at once what `account` would only count after a wait; a hit has none and is left to it.
    /// What happens after a rejection goes on to be called a bypass.
    private func note(_ lookup: TokenLookup, _ call: Call, _ service: Service) {
        guard call.lookup != .bypass else { return }
        call.lookup = lookup
        metrics.record { $0.looked(up: lookup, server: service.index) }
    }

    private func use(_ token: MintedToken, _ call: Call) throws(Interruption) -> MintedCredential {
        call.minted = token
        // Of a head that is gone it was judged before.
        if let user = call.user, let service = call.service, user.isOpaque, call.hasHead {
            try checkSession(call, of: user, at: service)
        }
        return token.credential()
    }

    /// Milliseconds for which what is minted may serve: no longer than the user's token, or for its own life.
    func left(of user: UserToken, in call: Call) -> UInt64 {
        if call.shared.servesBeyondUserToken { return .max }
        // A token good for ever is good for a thousand years: sums with it must not run over.
        return UInt64(min(max(user.expiresAt &- time(nil), 0), 1 << 35)) &* 1000
    }

    /// Nothing is asked for with a token that has ended; what was minted with it may still serve.
    private func mayExchange(_ user: UserToken, in call: Call) -> Bool {
        !call.shared.servesBeyondUserToken || time(nil) < user.expiresAt &+ call.shared.clockSkew
    }

    private func start(
        _ flight: FlightID, _ call: Call, _ user: UserToken, _ service: Service, _ challenge: ClaimsChallenge? = nil
    ) {
        let subject = call.subject ?? call.withBytes(call.bearer) { Secret(copying: $0) }
        call.shared.endpoints[service.provider].start(
            ExchangeOrder(flight, for: user, subject, to: service, challenge: challenge, requestID: "\(call.id)"))
    }

    private func wait(for flight: FlightID, _ call: Call) async throws(Interruption) -> MintedCredential {
        let began = EventLoop.nanoseconds
        let outcome = await call.shared.desk.outcome(of: flight)
        call.exchangeNanoseconds &+= EventLoop.nanoseconds &- began
        switch outcome {
        case .minted(let token): return try use(token, call)
        case .failed(let fault): throw refusal(fault, call)
        }
    }

    private func refusal(_ fault: ExchangeFault, _ call: Call) -> Interruption {
        if fault.reason == .overloaded { call.reached(.exchanges) }
        call.retryAfter = fault.retryAfter.map(seconds)
        call.claims = fault.claims
        call.advice = fault.operatorAdvice
        return .refused(Refusal(fault))
    }

    /// Rounded up: a client that comes back a moment early is turned away again.
    private func seconds(_ milliseconds: UInt64) -> UInt64 { milliseconds / 1000 &+ (milliseconds % 1000 > 0 ? 1 : 0) }
}
