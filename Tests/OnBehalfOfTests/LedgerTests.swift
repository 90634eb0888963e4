import Testing

@testable import OnBehalfOf

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

    /// Whoever evicts wants no token that was asked for before; whoever waits for one is served all the same.
    @Test func whatIsUnderWayDuringAnEvictionLeavesNothingBehind() throws {
        let desk = Desk()
        let before = try #require(desk.ask(key(1), 0).lead)
        desk.wait(on: before, waiter: 7)
        desk.evict(0)
        let after = try #require(desk.ask(key(1), 1).lead, "nobody joins it any more")
        #expect(desk.finish(before, .minted(minted()), now: 2) == [7])
        #expect(desk.ask(key(1), 3).join == after)
        #expect(desk.count == 0)
        let token = minted()
        desk.finish(after, .minted(token), now: 4)
        #expect(desk.ask(key(1), 5).hit === token)
    }

    @Test func norDoesARejectionThatWasUnderWay() throws {
        let desk = Desk()
        let before = try #require(desk.ask(key(1), 0).lead)
        desk.evict()
        desk.finish(before, .failed(ExchangeFault(.consentRequired)), now: 1)
        #expect(desk.ask(key(1), 2).lead != nil)
    }

    @Test func anEvictionElsewhereChangesNothing() throws {
        let desk = Desk()
        let flight = try #require(desk.ask(key(1, 1), 0).lead)
        desk.evict(2)
        #expect(desk.ask(key(1, 1), 1).join == flight)
    }
}
