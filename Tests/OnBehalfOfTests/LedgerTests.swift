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

    var count: Int { ledger.count }
    var flightCount: Int { ledger.flightCount }
    var joinable: [ExchangeKey: UInt64] { ledger.joinable }

    func isBreakerOpen(provider: Int = 0) -> Bool { ledger.isBreakerOpen(provider: provider) }

    func ask(
        _ key: ExchangeKey, _ now: UInt64, provider: Int = 0, userTokenExpires: UInt64 = .max
    ) -> LedgerLookup {
        ledger.lookup(key, provider: provider, userTokenExpires: userTokenExpires, now: now)
    }

    func bypass(_ key: ExchangeKey, _ now: UInt64) -> LedgerLookup { ledger.bypass(key, provider: 0, now: now) }

    @discardableResult
    func wait(on flight: FlightID, waiter: Int) -> LedgerWait { ledger.wait(on: flight, waiter: waiter) }

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

    func keep(_ token: MintedToken, for key: ExchangeKey, now: UInt64) {
        ledger.keep(token, for: key, userTokenExpires: .max, now: now)
    }

    @discardableResult
    func evict(_ service: UInt64? = nil) -> Int { ledger.evict(service: service.map { key(0, $0).service }) }

    /// One whole exchange that ends at once.
    func exchange(
        _ key: ExchangeKey, _ outcome: ExchangeOutcome, _ now: UInt64, userTokenExpires: UInt64 = .max
    ) throws {
        let flight = try #require(ask(key, now, userTokenExpires: userTokenExpires).lead)
        wait(on: flight, waiter: 0)
        attempted(flight, fault: outcome.fault, now: now)
        #expect(finish(flight, outcome, now: now) == [0])
    }
}

@Suite struct LedgerTests {
    @Test func leadsThenJoinsThenHits() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1), 0).lead)
        let joined = try #require(desk.ask(key(1), 0).join)
        #expect(joined == flight)
        #expect(desk.wait(on: flight, waiter: 10).ticket != nil)
        #expect(desk.wait(on: joined, waiter: 11).ticket != nil)
        let token = minted()
        #expect(desk.finish(flight, .minted(token), now: 0) == [10, 11])
        #expect(desk.ask(key(1), 1).hit === token)
        #expect(desk.flightCount == 0)
        #expect(desk.count == 1)
    }

    @Test func anotherTokenOrServiceIsAnotherKey() throws {
        let desk = Desk()
        try desk.exchange(key(1, 1), .minted(minted()), 0)
        #expect(desk.ask(key(1, 2), 0).lead != nil)
        #expect(desk.ask(key(2, 1), 0).lead != nil)
    }

    @Test func whoComesToWaitTooLateIsAnswered() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1), 0).lead)
        _ = desk.ask(key(1), 0)
        // A token for the waiting calls only: it is in no cache where a late one could find it.
        let token = minted(lifetime: 0)
        #expect(desk.finish(flight, .minted(token), now: 0).isEmpty)
        #expect(desk.wait(on: flight, waiter: 1).outcome?.token === token)
        #expect(desk.flightCount == 1)
        #expect(desk.wait(on: flight, waiter: 2).outcome?.token === token)
        #expect(desk.flightCount == 0)
        #expect(desk.wait(on: flight, waiter: 3).outcome?.fault != nil)
    }

    @Test func aLeaderWhoLeavesDoesNotCancelTheFlight() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1), 0).lead)
        let ticket = try #require(desk.wait(on: flight, waiter: 1).ticket)
        #expect(desk.leave(ticket) == 1)
        #expect(desk.leave(ticket) == nil)
        #expect(desk.ask(key(1), 0).join == flight)
        let late = try #require(desk.wait(on: flight, waiter: 2).ticket)
        #expect(desk.finish(flight, .minted(minted()), now: 0) == [2])
        #expect(desk.leave(late) == nil)
        #expect(desk.finish(flight, .minted(minted()), now: 0).isEmpty)
    }

    @Test(
        arguments: [
            // life, user's token expires, from when on it is gone
            (3_600_000, .max, 3_570_000), (60_000, .max, 30_000), (40_000, .max, 20_000), (1000, .max, 500),
            (3_600_000, 1_000_000, 1_000_000), (60_000, 30_001, 30_000), (3_600_000, 3_570_000, 3_570_000),
        ] as [(UInt64, UInt64, UInt64)])
    func servesUntil(_ lifetime: UInt64, _ userTokenExpires: UInt64, _ end: UInt64) throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted(lifetime: lifetime)), 0, userTokenExpires: userTokenExpires)
        #expect(desk.ask(key(1), end - 1).hit != nil)
        #expect(desk.ask(key(1), end).hit == nil)
    }

    @Test func keepsNothingThatIsOverAlready() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted(lifetime: 0)), 0)
        try desk.exchange(key(1), .minted(minted()), 5000, userTokenExpires: 5000)
        #expect(desk.count == 0)
    }

    @Test func forgetsTheLongestUnused() throws {
        let desk = Desk(LedgerLimits(maxEntries: 2))
        try desk.exchange(key(1), .minted(minted()), 0)
        try desk.exchange(key(2), .minted(minted()), 0)
        _ = desk.ask(key(1), 0)
        try desk.exchange(key(3), .minted(minted()), 0)
        #expect(desk.count == 2)
        #expect(desk.ask(key(1), 0).hit != nil)
        #expect(desk.ask(key(2), 0).lead != nil)
    }

    @Test func boundsTheFlights() throws {
        let desk = Desk(LedgerLimits(flights: 2))
        let first = try #require(desk.ask(key(1), 0).lead)
        #expect(desk.ask(key(2), 0).lead != nil)
        #expect(desk.ask(key(3), 0).isOverloaded)
        #expect(desk.ask(key(1), 0).join == first)
        for waiter in 0..<2 { desk.wait(on: first, waiter: waiter) }
        desk.finish(first, .failed(.unreachable), now: 0)
        #expect(desk.ask(key(3), 0).lead != nil)
    }

    @Test func forgetsOnlyTheRejectedToken() throws {
        let desk = Desk()
        let (old, new) = (minted(), minted())
        try desk.exchange(key(1), .minted(new), 0)
        desk.forget(key(1), ifToken: old)
        #expect(desk.ask(key(1), 0).hit === new)
        desk.forget(key(1), ifToken: new)
        #expect(desk.ask(key(1), 0).lead != nil)
    }

    @Test func bypassesTheCache() throws {
        let desk = Desk()
        let flight = try #require(desk.bypass(key(1), 0).lead)
        // An ordinary lookup neither joins it nor is kept from leading.
        let ordinary = try #require(desk.ask(key(1), 0).lead)
        #expect(ordinary != flight)
        desk.wait(on: flight, waiter: 1)
        let token = minted()
        #expect(desk.finish(flight, .minted(token), now: 0) == [1])
        #expect(desk.count == 0)
        #expect(desk.ask(key(1), 0).join == ordinary)
        desk.keep(token, for: key(1), now: 0)
        #expect(desk.ask(key(1), 0).hit === token)
    }

    @Test func evictsByService() throws {
        let desk = Desk()
        for token in 1...3 as ClosedRange<UInt64> {
            try desk.exchange(key(token, 1), .minted(minted()), 0)
            try desk.exchange(key(token, 2), .minted(minted()), 0)
        }
        try desk.exchange(key(9, 1), .failed(ExchangeFault(.exchangeRejected)), 0)
        #expect(desk.evict(1) == 3)
        #expect(desk.ask(key(9, 1), 0).lead != nil)
        #expect(desk.ask(key(1, 2), 0).hit != nil)
        #expect(desk.evict() == 3)
        #expect(desk.count == 0)
    }
}

@Suite struct RefreshTests {
    /// 3600 s of life leave after 3570; the last tenth begins at 3213.
    @Test func startsOneInTheLastTenth() throws {
        let desk = Desk()
        let old = minted()
        try desk.exchange(key(1), .minted(old), 0)
        #expect(desk.ask(key(1), 3_212_999).refresh == nil)
        let refresh = try #require(desk.ask(key(1), 3_213_000).refresh)
        let again = desk.ask(key(1), 3_213_001)
        #expect(again.hit === old && again.refresh == nil)
        let new = minted(at: 3_214_000)
        #expect(desk.finish(refresh, .minted(new), now: 3_214_000).isEmpty)
        #expect(desk.ask(key(1), 3_214_000).hit === new)
        #expect(desk.ask(key(1), 3_214_000).refresh == nil)
    }

    @Test func theOldTokenServesUntilItLeaves() throws {
        let desk = Desk()
        let old = minted()
        try desk.exchange(key(1), .minted(old), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        desk.finish(refresh, .failed(.unreachable), now: 3_300_000)
        let after = desk.ask(key(1), 3_569_999)
        #expect(after.hit === old && after.refresh == nil)
        #expect(desk.ask(key(1), 3_570_000).lead != nil)
    }

    @Test(arguments: [[50173], [50057]] as [[Int64]])
    func butNotOnceTheSignInHasEnded(_ codes: [Int64]) throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        try desk.exchange(key(1, 7), .minted(minted()), 0)
        try desk.exchange(key(2), .minted(minted()), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        var fault = ExchangeFault(.exchangeRejected, status: 400)
        fault.category = EntraCategory.of(codes)
        desk.finish(refresh, .failed(fault), now: 3_300_000)
        #expect(desk.ask(key(1), 3_300_000).negative == fault)
        #expect(desk.ask(key(1, 7), 3_300_000).lead != nil)
        #expect(desk.ask(key(2), 3_300_000).hit != nil)
    }

    @Test func aMissJoinsTheRefresh() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        let refresh = try #require(desk.ask(key(1), 3_569_999).refresh)
        #expect(desk.ask(key(1), 3_570_000).join == refresh)
        desk.wait(on: refresh, waiter: 4)
        let new = minted(at: 3_571_000)
        #expect(desk.finish(refresh, .minted(new), now: 3_571_000) == [4])
        #expect(desk.ask(key(1), 3_571_000).hit === new)
    }

    /// With the user's token as the limit, a refresh would gain nothing and be due again at once.
    @Test func neverWhenTheUsersTokenDecides() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0, userTokenExpires: 1_000_000)
        #expect(desk.ask(key(1), 999_999).refresh == nil)
    }

    @Test func notAgainForATokenThatLastsNoLonger() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        let same = minted(lifetime: 300_000, at: 3_300_000)
        desk.finish(refresh, .minted(same), now: 3_300_000)
        let last = desk.ask(key(1), 3_569_999)
        #expect(last.hit === same && last.refresh == nil)
    }

    @Test func waitsWhileTheBreakerIsOpen() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        for token in 2...6 as ClosedRange<UInt64> {
            try desk.exchange(key(token), .failed(.unreachable), 3_300_000)
        }
        let during = desk.ask(key(1), 3_300_001)
        #expect(during.hit != nil && during.refresh == nil)
        #expect(desk.ask(key(1), 3_305_000).refresh != nil)
    }
}

@Suite struct NegativeTests {
    @Test(arguments: ExchangeFault.Reason.allCases) func remembersVerdictsOnly(_ reason: ExchangeFault.Reason) throws {
        let desk = Desk()
        let fault = ExchangeFault(reason)
        try desk.exchange(key(1), .failed(fault), 100)
        #expect(desk.ask(key(1), 5099).negative == (reason.isVerdict ? fault : nil))
    }

    @Test func forgetsThemSoonAndBlocksNoFreshLogin() throws {
        let desk = Desk()
        try desk.exchange(key(1), .failed(ExchangeFault(.exchangeRejected)), 100)
        #expect(desk.ask(key(2), 100).lead != nil)
        #expect(desk.ask(key(1), 5100).lead != nil)
    }

    @Test func leavesALoopAloneForAMinute() throws {
        let desk = Desk()
        let fault = try #require(
            read(#"{"error":"invalid_grant","error_codes":[50196]}"#, status: 400, retryAfter: "5").fault)
        try desk.exchange(key(1), .failed(fault), 0)
        let remembered = try #require(desk.ask(key(1), 59_000).negative)
        #expect(remembered.reason == .exchangeThrottled && remembered.retryAfter == 1000)
        #expect(desk.ask(key(2), 0).lead != nil)
        #expect(desk.ask(key(1), 60_000).lead != nil)
    }

    /// Bad tokens do not push good ones out, however many come.
    @Test func aFloodOfRejectionsIsBounded() throws {
        let desk = Desk(LedgerLimits(maxEntries: 16))
        try desk.exchange(key(1), .minted(minted()), 0)
        for token in 100..<1100 as Range<UInt64> {
            try desk.exchange(key(token), .failed(ExchangeFault(.exchangeRejected)), 0)
        }
        #expect(desk.ask(key(1), 0).hit != nil)
        #expect(desk.ask(key(100), 0).lead != nil)
        #expect(desk.ask(key(1099), 0).negative != nil)
    }

    @Test func leavesAServiceAloneAsLongAsAsked() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1, 1), 0).lead)
        let fault = ExchangeFault(.exchangeThrottled, status: 429, retryAfter: 2000)
        #expect(desk.attempted(flight, fault: fault, now: 0))
        #expect(desk.ask(key(2, 1), 500).throttled == 1500)
        #expect(desk.ask(key(2, 2), 500).lead != nil)
        #expect(desk.ask(key(1, 1), 500).join == flight)
        #expect(desk.ask(key(2, 1), 2000).lead != nil)
    }
}

@Suite struct BreakerTests {
    func fail(_ desk: Desk, _ times: Range<UInt64>, at now: UInt64) throws {
        for token in times {
            try desk.exchange(key(token), .failed(ExchangeFault(.exchangeUnavailable, status: 500)), now)
        }
    }

    @Test func opensAfterFiveInARow() throws {
        let desk = Desk()
        try fail(desk, 0..<4, at: 0)
        #expect(!desk.isBreakerOpen())
        try desk.exchange(key(90), .failed(ExchangeFault(.exchangeRejected, status: 400)), 0)
        try fail(desk, 0..<4, at: 0)
        #expect(!desk.isBreakerOpen())
        try fail(desk, 4..<5, at: 0)
        #expect(desk.isBreakerOpen())
        #expect(desk.ask(key(1), 1000).breakerOpen == 4000)
        #expect(desk.ask(key(1), 0, provider: 1).lead != nil)
    }

    @Test func countsAttempts() throws {
        let desk = Desk()
        let flights = try (0..<5).map { try #require(desk.ask(key($0), 0).lead) }
        for flight in flights.dropLast() { #expect(desk.attempted(flight, fault: .timedOut, now: 0)) }
        #expect(!desk.attempted(flights[4], fault: .timedOut, now: 0))
    }

    @Test func probesOnceAndWaitsTwiceAsLong() throws {
        let desk = Desk()
        try fail(desk, 0..<5, at: 0)
        var now: UInt64 = 0
        for pause in [5000, 10_000, 20_000, 40_000, 60_000, 60_000] as [UInt64] {
            #expect(desk.ask(key(50), now).breakerOpen == pause)
            #expect(desk.ask(key(50), now + pause - 1).breakerOpen == 1)
            now += pause
            let probe = try #require(desk.ask(key(50), now).lead)
            #expect(desk.ask(key(51), now).breakerOpen != nil)
            #expect(!desk.attempted(probe, fault: .unreachable, now: now))
            desk.wait(on: probe, waiter: 0)
            desk.finish(probe, .failed(.unreachable), now: now)
        }
    }

    @Test(arguments: [
        nil, ExchangeFault(.exchangeRejected, status: 400), ExchangeFault(.exchangeThrottled, status: 429),
    ])
    func anyAnswerClosesIt(_ fault: ExchangeFault?) throws {
        let desk = Desk()
        try fail(desk, 0..<5, at: 0)
        let probe = try #require(desk.ask(key(50), 5000).lead)
        #expect(desk.attempted(probe, fault: fault, now: 5000))
        #expect(desk.ask(key(51), 5000).lead != nil)
        try fail(desk, 60..<64, at: 5000)
        #expect(!desk.isBreakerOpen())
    }

    @Test func aProbeThatAskedNobodyMakesRoomForTheNext() throws {
        let desk = Desk()
        try fail(desk, 0..<5, at: 0)
        let probe = try #require(desk.ask(key(50), 5000).lead)
        desk.wait(on: probe, waiter: 0)
        desk.finish(probe, .failed(ExchangeFault(.overloaded)), now: 5000)
        #expect(desk.ask(key(51), 5000).lead != nil)
    }

    @Test func warmTokensServeMeanwhile() throws {
        let desk = Desk()
        try desk.exchange(key(70), .minted(minted()), 0)
        try fail(desk, 0..<5, at: 0)
        #expect(desk.ask(key(70), 1).hit != nil)
    }
}
