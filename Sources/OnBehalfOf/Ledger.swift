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
    /// The provider has just said no to this key.
    case negative(ExchangeFault)
    /// The provider is down; the time in milliseconds until it will be asked again.
    case breakerOpen(retryAfter: UInt64)
    /// The provider has asked to be left alone for this service; milliseconds.
    case throttled(retryAfter: UInt64)
    /// Too many exchanges are under way.
    case overloaded
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
    var flights: [UInt64: Flight<Waiter>] = [:]
    /// The flights that others may join: one a key.
    var joinable: [ExchangeKey: UInt64] = [:]
    var breakers: [Int: Breaker] = [:]
    /// Until when a provider wants to be left alone, by service.
    var quiet = QuietPeriods()
    var lastFlight: UInt64 = 0
    let limits: LedgerLimits

    package init(limits: LedgerLimits = LedgerLimits()) {
        self.limits = limits
        tokens = TokenCache(limits)
        verdicts = VerdictCache(limits)
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
    ///   - provider: any number that stands for the provider; its breaker is kept under it.
    ///   - userTokenExpires: no token is kept beyond it; `UInt64.max` to keep tokens for their own life.
    package mutating func lookup(
        _ key: ExchangeKey, provider: Int, userTokenExpires: UInt64, now: UInt64
    ) -> LedgerLookup {
        switch tokens.find(key, now: now) {
        case .fresh(let token): return .hit(token)
        case .aging(let token):
            guard joinable[key] == nil, case .admitted(let id) = begin(.refresh, key, provider, userTokenExpires, now)
            else { return .hit(token) }
            tokens.refreshBegins(key)
            return .hitRefresh(token, id)
        case .absent: return miss(key, provider, userTokenExpires, now)
        }
    }

    private mutating func miss(
        _ key: ExchangeKey, _ provider: Int, _ userTokenExpires: UInt64, _ now: UInt64
    ) -> LedgerLookup {
        if let number = joinable[key] {
            flights[number]?.announced &+= 1
            return .join(FlightID(number: number))
        }
        if let fault = verdicts.find(key, now: now) { return .negative(fault) }
        switch begin(.ordinary, key, provider, userTokenExpires, now) {
        case .admitted(let id): return .lead(id)
        case .refused(let lookup): return lookup
        }
    }

    /// Starts an exchange beside the cache, after an upstream has rejected the cached token: nobody joins it, and its
    /// token is not kept unless `keep` says that it served. Answers `lead` or why not.
    package mutating func bypass(_ key: ExchangeKey, provider: Int, now: UInt64) -> LedgerLookup {
        switch begin(.bypass, key, provider, 0, now) {
        case .admitted(let id): .lead(id)
        case .refused(let lookup): lookup
        }
    }

    enum Admission {
        case admitted(FlightID)
        case refused(LedgerLookup)
    }

    private mutating func begin(
        _ kind: Flight<Waiter>.Kind, _ key: ExchangeKey, _ provider: Int, _ userTokenExpires: UInt64, _ now: UInt64
    ) -> Admission {
        guard flights.count < limits.flights else { return .refused(.overloaded) }
        if let left = quiet.left(key.service, now: now) { return .refused(.throttled(retryAfter: left)) }
        if let left = breakers[provider]?.wait(now) { return .refused(.breakerOpen(retryAfter: left)) }
        let isProbe = breakers[provider]?.begin(now) ?? false
        lastFlight &+= 1
        var flight = Flight<Waiter>(
            kind: kind, key: key, provider: provider, userTokenExpires: userTokenExpires, isProbe: isProbe)
        if kind != .refresh { flight.announced = 1 }
        flights[lastFlight] = flight
        if kind != .bypass { joinable[key] = lastFlight }
        return .admitted(FlightID(number: lastFlight))
    }

    // MARK: Forgetting

    /// Forgets a token that an upstream has rejected, unless a newer one has taken its place.
    package mutating func forget(_ key: ExchangeKey, ifToken token: MintedToken) {
        tokens.forget(key, ifToken: token)
    }

    /// Keeps a token that was minted beside the cache and has served.
    package mutating func keep(_ token: MintedToken, for key: ExchangeKey, userTokenExpires: UInt64, now: UInt64) {
        tokens.store(token, for: key, userTokenExpires: userTokenExpires, now: now)
    }

    /// Forgets the tokens and rejections of one service, or all, and says how many tokens. Exchanges under way go on.
    @discardableResult
    package mutating func evict(service: Digest256? = nil) -> Int {
        verdicts.evict { service == nil || $0.service == service }
        return tokens.evict { service == nil || $0.service == service }
    }
}
