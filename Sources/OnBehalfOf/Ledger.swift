package import Bytes

/// What the ledger knows about a key, and what its caller has to do.
package enum LedgerLookup: Sendable {
    /// Forward with this token.
    case hit(MintedToken)
    /// Forward with this token, and start one exchange in the background that finishes this flight.
    case hitRefresh(MintedToken, FlightID)
    /// An exchange for the key is under way: wait on it.
    case join(FlightID)
    /// Start an exchange that finishes this flight, in a task of its own, and wait on it.
    case lead(FlightID)
    /// There is no token, and the caller may not exchange for one.
    case absent
    /// The provider has just said no to this key.
    case negative(ExchangeFault)
    /// The provider is down; the time in milliseconds until it will be asked again.
    case breakerOpen(retryAfter: UInt64)
    /// The provider has asked to be left alone for this service, or for this user of it; milliseconds.
    case throttled(retryAfter: UInt64)
    /// Too many exchanges are under way.
    case overloaded
    /// The upstream rejects new tokens as well; another exchange would not help.
    case renewedInVain
}

/// One exchange under way.
package struct FlightID: Hashable, Sendable { let number: UInt64 }

/// Minted tokens, exchanges under way, rejections just heard and the providers' breakers, as one state machine.
///
/// No clock, no lock, no I/O: `now` is milliseconds of the monotonic clock, and whoever shares a ledger guards it.
/// `Waiter` is whatever its owner resumes; the ledger only keeps it and hands it back once.
package struct Ledger<Waiter: Sendable>: ~Copyable, Sendable {
    var tokens: TokenCache
    var verdicts: VerdictCache
    var renewals: Renewals
    var quiet: QuietPeriods
    var flights: [UInt64: Flight<Waiter>] = [:]
    /// The flights that a look-up joins: one a key.
    var joinable: [ExchangeKey: UInt64] = [:]
    /// The flights that others join whose token was rejected: one a token and what is asked for instead of it.
    var renewing: [RenewalKey: UInt64] = [:]
    var breakers: [Int: Breaker] = [:]
    var lastFlight: UInt64 = 0
    private(set) var limits: LedgerLimits

    package init(limits: LedgerLimits = LedgerLimits()) {
        self.limits = limits
        tokens = TokenCache(limits)
        verdicts = VerdictCache(limits)
        renewals = Renewals(limits)
        quiet = QuietPeriods(limits)
    }

    /// The number of tokens held.
    package var count: Int { tokens.count }
    /// The number of exchanges under way, and of those whose waiters are still to come.
    package var flightCount: Int { flights.count }

    /// Whether the provider's breaker keeps exchanges from it.
    package func isBreakerOpen(provider: Int) -> Bool { breakers[provider].map { !$0.isClosed } ?? false }

    /// Finds a token or says how to get one. Whoever is told to join or to lead must `wait` on that flight, and
    /// whoever leads or refreshes must `finish` it, whatever happens.
    ///
    /// - Parameters:
    ///   - user: who the user is, whatever token they come with; the token's digest where that is not known.
    ///   - provider: any number that stands for the provider; its breaker is kept under it.
    ///   - userTokenExpires: no token is kept beyond it; `UInt64.max` to keep tokens for their own life.
    ///   - mayExchange: false for a user's token that has ended: then only a hit or `absent` is answered.
    package mutating func lookup(
        _ key: ExchangeKey, user: Digest256, provider: Int, userTokenExpires: UInt64, mayExchange: Bool = true,
        now: UInt64
    ) -> LedgerLookup {
        switch tokens.find(key, now: now) {
        case .fresh(let token): return .hit(token)
        case .aging(let token):
            guard mayExchange, joinable[key] == nil else { return .hit(token) }
            let flight = Flight<Waiter>(
                .refresh(of: token), key, asking: key.service, user: user, provider: provider,
                userTokenExpires: userTokenExpires)
            guard case .admitted(let id) = begin(flight, now) else { return .hit(token) }
            joinable[key] = id.number
            tokens.refreshBegins(key, now: now)
            return .hitRefresh(token, id)
        case .absent:
            guard mayExchange else { return .absent }
            return miss(
                Flight(
                    .ordinary, key, asking: key.service, user: user, provider: provider,
                    userTokenExpires: userTokenExpires),
                now)
        }
    }

    private mutating func miss(_ flight: Flight<Waiter>, _ now: UInt64) -> LedgerLookup {
        if let number = joinable[flight.key] {
            flights[number]?.announced &+= 1
            return .join(FlightID(number: number))
        }
        if let fault = verdicts.find(flight.question, now: now) { return .negative(fault) }
        switch begin(flight, now) {
        case .admitted(let id):
            joinable[flight.key] = id.number
            return .lead(id)
        case .refused(let lookup): return lookup
        }
    }

    enum Admission {
        case admitted(FlightID)
        case refused(LedgerLookup)
    }

    /// Starts a flight, unless the provider or the number of flights forbids it.
    mutating func begin(_ flight: Flight<Waiter>, _ now: UInt64) -> Admission {
        guard flights.count < limits.flights else { return .refused(.overloaded) }
        if let left = quiet.left(flight.user, flight.key.service, now: now) {
            return .refused(.throttled(retryAfter: left))
        }
        if let left = breakers[flight.provider]?.wait(now) { return .refused(.breakerOpen(retryAfter: left)) }
        lastFlight &+= 1
        breakers[flight.provider]?.begin(lastFlight, now)
        flights[lastFlight] = flight
        if case .refresh = flight.kind {} else { flights[lastFlight]?.announced = 1 }
        return .admitted(FlightID(number: lastFlight))
    }

    /// Takes on other bounds: tokens stay as far as there is room for them, those used last first.
    package mutating func adopt(_ limits: LedgerLimits) {
        self.limits = limits
        tokens.adopt(limits)
        verdicts.adopt(limits)
        renewals.adopt(limits)
        quiet.adopt(limits)
    }

    // MARK: Forgetting

    /// Forgets a token that an upstream has rejected, unless a newer one has taken its place.
    package mutating func forget(_ key: ExchangeKey, ifToken token: MintedToken) {
        tokens.forget(key, ifToken: token)
        renewals.forget(token, key)
    }

    /// Forgets the tokens and rejections of one service, or all, and says how many tokens. Exchanges under way go on
    /// for those who wait for them and leave nothing behind: what was asked for before is not what comes after.
    @discardableResult
    package mutating func evict(service: Digest256? = nil) -> Int {
        verdicts.evict { service == nil || $0.service == service }
        renewals.evict { service == nil || $0.service == service }
        for number in flights.keys where service == nil || flights[number]?.key.service == service {
            flights[number]?.isOutdated = true
        }
        joinable = joinable.filter { flights[$0.value]?.isOutdated != true }
        renewing = renewing.filter { flights[$0.value]?.isOutdated != true }
        return tokens.evict { service == nil || $0.service == service }
    }

    /// The milliseconds until something may be asked of a provider whose breaker is not closed, nil when it may be now.
    package func wait(provider: Int, now: UInt64) -> UInt64? { breakers[provider]?.wait(now) }

    /// The milliseconds for which a provider has asked not to be asked for this service.
    package mutating func quiet(service: Digest256, now: UInt64) -> UInt64? { quiet.left(service, now: now) }
}
