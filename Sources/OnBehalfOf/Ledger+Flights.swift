extension Ledger {
    /// Waits on a flight; once for each `join` or `lead`.
    package mutating func wait(on flight: FlightID, waiter: Waiter, now: UInt64) -> LedgerWait {
        // An unknown flight cannot be ours; whoever names one gets no token.
        guard let announced = flights[flight.number]?.announced else { return .ended(.failed(.unreachable)) }
        flights[flight.number]?.announced = max(announced &- 1, 0)
        if let outcome = flights[flight.number]?.outcome {
            if announced <= 1 { flights[flight.number] = nil }
            return .ended(outcome.late(now))
        }
        let place = flights[flight.number]?.add(waiter) ?? 0
        return .waiting(WaitTicket(flight: flight.number, place: place))
    }

    /// Takes a waiter back whose client has gone; nil when `finish` has taken it.
    /// The flight goes on: others wait on it, and its token will be asked for again.
    package mutating func leave(_ ticket: WaitTicket) -> Waiter? {
        flights[ticket.flight]?.take(ticket.place)
    }

    /// Whether a flight may still ask its provider, which may have gone down or asked to be left alone while it waited
    /// for its turn; if not, what to finish it with.
    package mutating func refusal(of flight: FlightID, now: UInt64) -> ExchangeFault? {
        guard let (provider, user, service) = flights[flight.number].map({ ($0.provider, $0.user, $0.key.service) })
        else { return nil }
        if let breaker = breakers[provider], !breaker.admits(flight.number) {
            return ExchangeFault(.breakerOpen, retryAfter: breaker.wait(now) ?? 0)
        }
        return quiet.left(user, service, now: now).map { ExchangeFault(.exchangeThrottled, retryAfter: $0) }
    }

    /// Reports one attempt at the provider, also of a flight that goes on to a second.
    ///
    /// - Parameter fault: nil when a token was minted.
    /// - Returns: whether the breaker permits another attempt.
    package mutating func attempted(_ flight: FlightID, fault: ExchangeFault?, now: UInt64) -> Bool {
        guard let (provider, user, service) = flights[flight.number].map({ ($0.provider, $0.user, $0.key.service) })
        else { return false }
        if fault?.isOutage == true {
            breakers[provider, default: Breaker()].failed(flight.number, now)
        } else if fault?.isAnswer != false {
            breakers[provider]?.succeeded()
        }
        if let fault { quiet.heed(fault, user, service, now: now) }
        return !isBreakerOpen(provider: provider)
    }

    /// Ends a flight: keeps its token or remembers its rejection, and hands back everyone who waits, to be resumed
    /// with the outcome. A flight ends once; a second call changes nothing and returns nobody.
    package mutating func finish(_ flight: FlightID, _ outcome: ExchangeOutcome, now: UInt64) -> [Waiter] {
        guard var ended = flights.removeValue(forKey: flight.number) else { return [] }
        guard ended.outcome == nil else {
            flights[flight.number] = ended
            return []
        }
        breakers[ended.provider]?.ended(flight.number, now)
        close(ended, flight.number)
        if !ended.isOutdated { record(outcome, of: ended, now) }
        let waiters = ended.waiters.compactMap { $0 }
        if ended.announced > 0 {
            ended.waiters = []
            ended.outcome = outcome
            flights[flight.number] = ended
        }
        return waiters
    }

    /// Nobody joins it any more. After an eviction another one may stand in its place.
    private mutating func close(_ flight: Flight<Waiter>, _ number: UInt64) {
        if case .renewal(let rejected) = flight.kind {
            let key = RenewalKey(flight.key, flight.asked, rejected)
            if renewing[key] == number { renewing[key] = nil }
        } else if joinable[flight.key] == number {
            joinable[flight.key] = nil
        }
    }

    private mutating func record(_ outcome: ExchangeOutcome, of flight: Flight<Waiter>, _ now: UInt64) {
        switch outcome {
        case .minted(let token): record(token, of: flight, now)
        case .failed(let fault): record(fault, of: flight, now)
        }
    }

    private mutating func record(_ token: MintedToken, of flight: Flight<Waiter>, _ now: UInt64) {
        switch flight.kind {
        case .ordinary, .refresh:
            tokens.store(token, for: flight.key, userTokenExpires: flight.userTokenExpires, now: now)
        case .renewal(let rejected): renewals.minted(token, for: flight.key, rejected, flight.asked, now: now)
        }
    }

    private mutating func record(_ fault: ExchangeFault, of flight: Flight<Waiter>, _ now: UInt64) {
        if fault.category?.endsSignIn == true {
            let token = flight.key.token
            tokens.evict { $0.token == token }
        }
        // Whoever would not be given the token any more is not to go on with the old one.
        if case .refresh(let old) = flight.kind, !fault.reason.isRetryable {
            tokens.forget(flight.key, ifToken: old)
        }
        verdicts.remember(fault, for: flight.question, now: now)
    }
}

extension ExchangeOutcome {
    /// For one who comes when the token may have ended: a machine can be put to sleep between two steps.
    fileprivate func late(_ now: UInt64) -> ExchangeOutcome {
        guard case .minted(let token) = self, token.lifetime > 0, token.expiresAt <= now else { return self }
        return .failed(.timedOut)
    }
}
