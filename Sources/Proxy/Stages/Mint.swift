internal import Bytes
internal import Glibc
internal import Identity
internal import Libevent
internal import MCP
internal import OnBehalfOf

extension Worker {
    /// A token minted for this user and this server: found, waited for, or exchanged for.
    func mint(_ call: Call, for user: UserToken, to service: Service) async throws(Interruption) -> MintedCredential {
        let key = ExchangeKey(token: call.tokenDigest, service: service.exchangeDigest)
        let lookup = shared.desk.lookup(
            key, user: user.identityDigest, provider: service.provider, userTokenExpires: end(of: user))
        switch lookup {
        case .hit(let token):
            call.lookup = .hit
            return try use(token, call)
        case .hitRefresh(let token, let flight):
            call.lookup = .hit
            start(flight, call, user, service)
            return try use(token, call)
        case .join(let flight):
            note(.joined, call, service)
            return try await wait(for: flight, call)
        case .lead(let flight):
            note(.miss, call, service)
            start(flight, call, user, service)
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
        case .overloaded: throw .refused(.overloaded)
        case .absent: throw .refused(.expiredToken)
        case .renewedInVain: throw .refused(.upstreamRejectedToken)
        }
    }

    /// Counts at once what `account` would only count after a wait; a hit has none and is left to it.
    private func note(_ lookup: TokenLookup, _ call: Call, _ service: Service) {
        call.lookup = lookup
        metrics.record { $0.looked(up: lookup, server: service.index) }
    }

    private func use(_ token: MintedToken, _ call: Call) throws(Interruption) -> MintedCredential {
        call.minted = token
        if let user = call.user, let service = call.service, user.isOpaque {
            try checkSession(call, of: user, at: service)
        }
        return token.credential()
    }

    /// When the user's token ends, on the monotonic scale.
    private func end(of user: UserToken) -> UInt64 {
        // A token good for ever is good for a thousand years: sums with it must not run over.
        EventLoop.now &+ UInt64(min(max(user.expiresAt &- time(nil), 0), 1 << 35)) &* 1000
    }

    private func start(_ flight: FlightID, _ call: Call, _ user: UserToken, _ service: Service) {
        let subject = call.withBytes(call.bearer) { Secret(copying: $0) }
        shared.endpoints[service.provider].start(
            ExchangeOrder(flight, for: user, subject, to: service, requestID: "\(call.id)"))
    }

    private func wait(for flight: FlightID, _ call: Call) async throws(Interruption) -> MintedCredential {
        let began = EventLoop.nanoseconds
        let outcome = await shared.desk.outcome(of: flight)
        call.exchangeNanoseconds = EventLoop.nanoseconds &- began
        switch outcome {
        case .minted(let token): return try use(token, call)
        case .failed(let fault): throw refusal(fault, call)
        }
    }

    private func refusal(_ fault: ExchangeFault, _ call: Call) -> Interruption {
        call.retryAfter = fault.retryAfter.map(seconds)
        return .refused(Refusal(fault))
    }

    /// Rounded up: a client that comes back a moment early is turned away again.
    private func seconds(_ milliseconds: UInt64) -> UInt64 { milliseconds / 1000 &+ (milliseconds % 1000 > 0 ? 1 : 0) }
}
