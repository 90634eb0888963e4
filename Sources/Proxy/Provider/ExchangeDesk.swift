internal import Bytes
internal import Libevent
internal import OnBehalfOf
internal import Synchronization

/// The process's one ledger behind its lock, and the way from a look-up to an outcome.
final class ExchangeDesk: Sendable {
    typealias Waiter = CheckedContinuation<ExchangeOutcome, Never>

    private let ledger: Mutex<Ledger<Waiter>>
    private let counts = Mutex(Counts())

    /// For `obo_exchanges_total` and `obo_exchange_duration_seconds`.
    struct Counts {
        struct Label: Hashable { var provider: String, server: String, outcome: String }
        var exchanges: [Label: UInt64] = [:]
        var durations: [String: Histogram] = [:]
    }

    init(limits: LedgerLimits) { ledger = Mutex(Ledger(limits: limits)) }

    /// Takes on other bounds.
    func adopt(_ limits: LedgerLimits) { ledger.withLock { $0.adopt(limits) } }

    /// One look-up under one lock and one look at the clock: all that the exchange costs a warm request.
    /// - Parameter userTokenLeft: milliseconds for which what is minted may serve.
    @inline(__always)
    func lookup(
        _ key: ExchangeKey, user: Digest256, provider: Int, userTokenLeft: UInt64, mayExchange: Bool = true
    ) -> LedgerLookup {
        let now = EventLoop.now
        let userTokenExpires = now &+ min(userTokenLeft, .max &- now)
        return ledger.withLock {
            $0.lookup(
                key, user: user, provider: provider, userTokenExpires: userTokenExpires, mayExchange: mayExchange,
                now: now)
        }
    }

    /// Waits for a flight that `lookup` said to join or to lead. It ends within the exchange's time budget.
    func outcome(of flight: FlightID) async -> ExchangeOutcome {
        await withCheckedContinuation { waiter in
            let now = EventLoop.now
            let wait = ledger.withLock { $0.wait(on: flight, waiter: waiter, now: now) }
            if case .ended(let outcome) = wait { waiter.resume(returning: outcome) }
        }
    }

    /// Why a flight that has waited for its turn is not to ask any more; nil if it may.
    func refusal(of flight: FlightID) -> ExchangeFault? {
        let now = EventLoop.now
        return ledger.withLock { $0.refusal(of: flight, now: now) }
    }

    /// Notes one attempt at the provider.
    /// - Returns: whether another is permitted.
    func attempted(_ flight: FlightID, fault: ExchangeFault?) -> Bool {
        let now = EventLoop.now
        return ledger.withLock { $0.attempted(flight, fault: fault, now: now) }
    }

    /// Ends a flight and resumes everyone who waits for it, each on its own loop.
    func finish(_ flight: FlightID, _ outcome: ExchangeOutcome) {
        let now = EventLoop.now
        let waiters = ledger.withLock { $0.finish(flight, outcome, now: now) }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    // MARK: After a server's rejection

    /// Finds another token than the rejected one, or says how to get it.
    func renew(_ key: ExchangeKey, asking asked: Digest256, rejected: MintedToken, user: Digest256, provider: Int)
        -> LedgerLookup
    {
        let now = EventLoop.now
        return ledger.withLock {
            $0.renew(key, asking: asked, rejected: rejected, user: user, provider: provider, now: now)
        }
    }

    /// Keeps a renewed token that has served.
    func keep(_ token: MintedToken, for key: ExchangeKey, userTokenLeft: UInt64) {
        let now = EventLoop.now
        let userTokenExpires = now &+ min(userTokenLeft, .max &- now)
        ledger.withLock { $0.keep(token, for: key, userTokenExpires: userTokenExpires, now: now) }
    }

    /// Keeps a renewed token that has not been tried.
    func keepUntried(_ token: MintedToken, for key: ExchangeKey, userTokenLeft: UInt64) {
        let now = EventLoop.now
        let userTokenExpires = now &+ min(userTokenLeft, .max &- now)
        ledger.withLock { $0.keepUntried(token, for: key, userTokenExpires: userTokenExpires, now: now) }
    }

    /// Forgets a renewed token that was rejected as well.
    func renewedInVain(_ token: MintedToken, for key: ExchangeKey) {
        let now = EventLoop.now
        ledger.withLock { $0.renewedInVain(token, for: key, now: now) }
    }

    /// Forgets a token that its server has rejected, where no other is to be asked for.
    func forget(_ key: ExchangeKey, _ token: MintedToken) {
        ledger.withLock { $0.forget(key, ifToken: token) }
    }

    /// Forgets one service's tokens, or all, and says how many.
    func evict(_ service: Digest256?) -> Int { ledger.withLock { $0.evict(service: service) } }

    var entries: Int { ledger.withLock { $0.count } }

    func isBreakerOpen(provider: Int) -> Bool { ledger.withLock { $0.isBreakerOpen(provider: provider) } }

    /// Milliseconds until a provider whose breaker is not closed may be asked again; nil when that is now.
    func wait(provider: Int) -> UInt64? {
        let now = EventLoop.now
        return ledger.withLock { $0.wait(provider: provider, now: now) }
    }

    /// Milliseconds for which a provider has asked to be left alone for a service.
    func quiet(_ service: Digest256) -> UInt64? {
        let now = EventLoop.now
        return ledger.withLock { $0.quiet(service: service, now: now) }
    }

    // MARK: Counting

    func count(provider: String, server: String, outcome: String, nanoseconds: UInt64) {
        counts.withLock {
            $0.exchanges[.init(provider: provider, server: server, outcome: outcome), default: 0] &+= 1
            $0.durations[provider, default: Histogram(bounds: Histogram.requestBounds)]
                .observe(nanoseconds: nanoseconds)
        }
    }

    func readCounts() -> Counts { counts.withLock { $0 } }
}
