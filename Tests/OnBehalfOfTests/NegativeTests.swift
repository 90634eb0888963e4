import Testing

@testable import OnBehalfOf

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
        #expect(desk.ask(key(1), 59_000).throttled == 1000)
        // Another user of the service, and another service of the user, are not concerned.
        #expect(desk.ask(key(2), 0).lead != nil)
        #expect(desk.ask(key(1, 2), 0).lead != nil)
        #expect(desk.ask(key(1), 60_000).lead != nil)
    }

    /// Entra counts what one user asks for, so a renewed login is the same loop.
    @Test func aLoopFollowsTheUser() throws {
        let desk = Desk()
        var fault = ExchangeFault(.exchangeThrottled, status: 400, retryAfter: 90_000)
        fault.category = .loop
        let flight = try #require(desk.ask(key(1), 0, user: 7).lead)
        desk.attempted(flight, fault: fault, now: 0)
        desk.finish(flight, .failed(fault), now: 0)
        #expect(desk.ask(key(2), 0, user: 7).throttled == 90_000)
        #expect(desk.renew(key(2), minted(), 1000, asking: 9, user: 7).throttled == 89_000)
        #expect(desk.ask(key(2, 5), 0, user: 7).lead != nil)
        #expect(desk.ask(key(3), 0, user: 8).lead != nil)
        #expect(desk.ask(key(2), 90_000, user: 7).lead != nil)
    }

    @Test func aWarmTokenServesThroughALoop() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        var fault = ExchangeFault(.exchangeThrottled, status: 400)
        fault.category = .loop
        try desk.exchange(key(2), .failed(fault), 3_300_000, user: 1)
        let during = desk.ask(key(1), 3_300_000, user: 1)
        #expect(during.hit != nil && during.refresh == nil)
        #expect(desk.ask(key(1), 3_360_000, user: 1).refresh != nil)
    }

    @Test func aFreshTokenIsNotInTheWayOfAnOldOnesFailure() throws {
        let desk = Desk()
        let old = try #require(desk.ask(key(1), 0, user: 7).lead)
        let fresh = try #require(desk.ask(key(2), 0, user: 7).lead)
        #expect(old != fresh)
        desk.attempted(old, fault: ExchangeFault(.exchangeRejected, status: 400), now: 0)
        desk.finish(old, .failed(ExchangeFault(.exchangeRejected, status: 400)), now: 0)
        desk.wait(on: fresh, waiter: 3)
        desk.attempted(fresh, fault: nil, now: 0)
        #expect(desk.finish(fresh, .minted(minted()), now: 0) == [3])
        #expect(desk.ask(key(2), 0, user: 7).hit != nil)
        #expect(desk.ask(key(1), 0, user: 7).negative != nil)
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

    /// Six hundred may wait for their turn when the first is told to come back later.
    @Test func thoseWhoHaveBegunAndWaitForTheirTurnHeedItToo() throws {
        let desk = Desk()
        let flights = try (1...3).map { try #require(desk.ask(key($0, $0 == 3 ? 2 : 1), 0).lead) }
        #expect(desk.refusal(of: flights[1], now: 0) == nil)
        desk.attempted(flights[0], fault: ExchangeFault(.exchangeThrottled, status: 429, retryAfter: 2000), now: 0)
        #expect(desk.refusal(of: flights[1], now: 500) == ExchangeFault(.exchangeThrottled, retryAfter: 1500))
        #expect(desk.refusal(of: flights[2], now: 500) == nil)
        // Its own second attempt comes when the time is over.
        #expect(desk.refusal(of: flights[0], now: 2000) == nil)
    }

    @Test func aShorterWishDoesNotEndALongerOne() throws {
        let desk = Desk()
        let flights = try (1...2).map { try #require(desk.ask(key($0, 1), 0).lead) }
        for (flight, time) in zip(flights, [9000, 2000] as [UInt64]) {
            desk.attempted(flight, fault: ExchangeFault(.exchangeUnavailable, status: 503, retryAfter: time), now: 0)
        }
        #expect(desk.ask(key(3, 1), 2000).throttled == 7000)
    }

    @Test func anEndlessWishDoesNotTrap() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1), 5).lead)
        desk.attempted(flight, fault: ExchangeFault(.exchangeThrottled, status: 429, retryAfter: .max), now: 5)
        #expect(desk.ask(key(2), 6).throttled == UInt64.max - 6)
    }
}
