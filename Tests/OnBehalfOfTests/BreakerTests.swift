import Testing

@testable import OnBehalfOf

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

    /// What never reached the provider says nothing about it, neither good nor bad.
    @Test(arguments: [ExchangeFault.queueTimedOut, ExchangeFault(.overloaded), ExchangeFault(.clientRejected)])
    func ourOwnFaultsCountNeitherWay(_ fault: ExchangeFault) throws {
        let desk = Desk()
        try fail(desk, 0..<4, at: 0)
        for token in 10..<20 as Range<UInt64> { try desk.exchange(key(token), .failed(fault), 0) }
        #expect(!desk.isBreakerOpen())
        try fail(desk, 4..<5, at: 0)
        #expect(desk.isBreakerOpen())
        let probe = try #require(desk.ask(key(50), 5000).lead)
        desk.attempted(probe, fault: fault, now: 5000)
        #expect(desk.ask(key(51), 5000).breakerOpen != nil)
        desk.wait(on: probe, waiter: 0)
        desk.finish(probe, .failed(fault), now: 6000)
        // The next one may try at once, and the pause is no longer than before.
        let next = try #require(desk.ask(key(51), 6000).lead)
        desk.attempted(next, fault: .unreachable, now: 6000)
        #expect(desk.ask(key(52), 6000).breakerOpen == 10_000)
    }

    /// What began before the breaker opened is no probe, whatever comes of it.
    @Test func onlyTheProbesFailureLengthensThePause() throws {
        let desk = Desk()
        let slow = try #require(desk.ask(key(80), 0).lead)
        try fail(desk, 0..<5, at: 0)
        let probe = try #require(desk.ask(key(50), 5000).lead)
        #expect(!desk.attempted(slow, fault: .timedOut, now: 6000))
        desk.finish(slow, .failed(.timedOut), now: 6000)
        #expect(desk.ask(key(51), 6000).breakerOpen == 59_000)
        desk.attempted(probe, fault: .timedOut, now: 7000)
        #expect(desk.ask(key(51), 7000).breakerOpen == 10_000)
    }

    @Test func aProbeThatIsLostIsGivenUp() throws {
        let desk = Desk()
        try fail(desk, 0..<5, at: 0)
        let lost = try #require(desk.ask(key(50), 5000).lead)
        #expect(desk.ask(key(51), 64_999).breakerOpen == 1)
        let probe = try #require(desk.ask(key(51), 65_000).lead)
        // Its late end is not the new one's.
        desk.finish(lost, .failed(.timedOut), now: 65_001)
        #expect(desk.ask(key(52), 65_001).breakerOpen == 59_999)
        desk.attempted(probe, fault: nil, now: 65_002)
        #expect(desk.ask(key(52), 65_002).lead != nil)
    }

    @Test func timesNearTheEndOfTimeDoNotTrap() throws {
        let desk = Desk()
        let end = UInt64.max
        for token in 0..<5 as Range<UInt64> { try desk.exchange(key(token), .failed(.unreachable), end - 1) }
        #expect(desk.ask(key(50), end - 1).breakerOpen == 1)
        #expect(desk.ask(key(50), end).lead != nil)
    }

    @Test func whoWaitedForATurnMeanwhileIsRefusedButNotTheProbe() throws {
        let desk = Desk()
        let waiting = try #require(desk.ask(key(80), 0).lead)
        try fail(desk, 0..<5, at: 0)
        #expect(desk.refusal(of: waiting, now: 1000) == ExchangeFault(.breakerOpen, retryAfter: 4000))
        let probe = try #require(desk.ask(key(50), 5000).lead)
        #expect(desk.refusal(of: probe, now: 5000) == nil)
        #expect(desk.refusal(of: waiting, now: 5000)?.reason == .breakerOpen)
        desk.attempted(probe, fault: nil, now: 5000)
        #expect(desk.refusal(of: waiting, now: 5000) == nil)
    }

    @Test func warmTokensServeMeanwhile() throws {
        let desk = Desk()
        try desk.exchange(key(70), .minted(minted()), 0)
        try fail(desk, 0..<5, at: 0)
        #expect(desk.ask(key(70), 1).hit != nil)
    }
}
