import Testing

@testable import OnBehalfOf

extension LedgerLookup {
    var hit: MintedToken? {
        switch self {
        case .hit(let token), .hitRefresh(let token, _): token
        default: nil
        }
    }
    var lead: FlightID? { if case .lead(let id) = self { id } else { nil } }
    var join: FlightID? { if case .join(let id) = self { id } else { nil } }
    var refresh: FlightID? { if case .hitRefresh(_, let id) = self { id } else { nil } }
    var negative: ExchangeFault? { if case .negative(let fault) = self { fault } else { nil } }
    var breakerOpen: UInt64? { if case .breakerOpen(let left) = self { left } else { nil } }
    var throttled: UInt64? { if case .throttled(let left) = self { left } else { nil } }
    var isAbsent: Bool { if case .absent = self { true } else { false } }
    var isInVain: Bool { if case .renewedInVain = self { true } else { false } }
    var isOverloaded: Bool { if case .overloaded = self { true } else { false } }
}

extension LedgerWait {
    var outcome: ExchangeOutcome? { if case .ended(let outcome) = self { outcome } else { nil } }
    var ticket: WaitTicket? { if case .waiting(let ticket) = self { ticket } else { nil } }
}

/// A ledger with the calls shortened to what the tests vary; a class, since `#expect` takes no noncopyable value.
final class Desk {
    private var ledger: Ledger<Int>

    init(_ limits: LedgerLimits = LedgerLimits()) { ledger = Ledger(limits: limits) }

    func adopt(_ limits: LedgerLimits) { ledger.adopt(limits) }

    var count: Int { ledger.count }
    var flightCount: Int { ledger.flightCount }
    /// Whether a flight is left that somebody could join.
    var isJoinable: Bool { !ledger.joinable.isEmpty || !ledger.renewing.isEmpty }

    func isBreakerOpen(provider: Int = 0) -> Bool { ledger.isBreakerOpen(provider: provider) }

    /// As a user whose only token this is, if no other is named.
    func ask(
        _ key: ExchangeKey, _ now: UInt64, user: UInt64? = nil, provider: Int = 0, userTokenExpires: UInt64 = .max,
        mayExchange: Bool = true
    ) -> LedgerLookup {
        ledger.lookup(
            key, user: user.map(digest) ?? key.token, provider: provider, userTokenExpires: userTokenExpires,
            mayExchange: mayExchange, now: now)
    }

    /// - Parameter asked: the service with claims; the key's own if nil.
    func renew(
        _ key: ExchangeKey, _ rejected: MintedToken, _ now: UInt64, asking asked: UInt64? = nil, user: UInt64? = nil,
        provider: Int = 0
    ) -> LedgerLookup {
        ledger.renew(
            key, asking: asked.map(digest) ?? key.service, rejected: rejected, user: user.map(digest) ?? key.token,
            provider: provider, now: now)
    }

    func renewedInVain(_ token: MintedToken, for key: ExchangeKey, now: UInt64) {
        ledger.renewedInVain(token, for: key, now: now)
    }

    @discardableResult
    func wait(on flight: FlightID, waiter: Int, now: UInt64 = 0) -> LedgerWait {
        ledger.wait(on: flight, waiter: waiter, now: now)
    }

    func refusal(of flight: FlightID, now: UInt64) -> ExchangeFault? { ledger.refusal(of: flight, now: now) }

    func leave(_ ticket: WaitTicket) -> Int? { ledger.leave(ticket) }

    @discardableResult
    func attempted(_ flight: FlightID, fault: ExchangeFault?, now: UInt64) -> Bool {
        ledger.attempted(flight, fault: fault, now: now)
    }

    @discardableResult
    func finish(_ flight: FlightID, _ outcome: ExchangeOutcome, now: UInt64) -> [Int] {
        ledger.finish(flight, outcome, now: now)
    }

    func forget(_ key: ExchangeKey, ifToken token: MintedToken) { ledger.forget(key, ifToken: token) }

    func keep(_ token: MintedToken, for key: ExchangeKey, now: UInt64, userTokenExpires: UInt64 = .max) {
        ledger.keep(token, for: key, userTokenExpires: userTokenExpires, now: now)
    }

    @discardableResult
    func evict(_ service: UInt64? = nil) -> Int { ledger.evict(service: service.map { key(0, $0).service }) }

    /// One whole exchange that ends at once.
    func exchange(
        _ key: ExchangeKey, _ outcome: ExchangeOutcome, _ now: UInt64, user: UInt64? = nil,
        userTokenExpires: UInt64 = .max
    ) throws {
        let flight = try #require(ask(key, now, user: user, userTokenExpires: userTokenExpires).lead)
        wait(on: flight, waiter: 0)
        attempted(flight, fault: outcome.fault, now: now)
        #expect(finish(flight, outcome, now: now) == [0])
    }
}
