import Testing

@testable import OnBehalfOf

@Suite struct LedgerBoundTests {
    private func fill(_ desk: Desk, _ numbers: Range<UInt64>, _ now: UInt64) throws {
        for number in numbers {
            let flight = try #require(desk.ask(key(number, 0), now).lead)
            _ = desk.finish(flight, .minted(minted(at: now)), now: now)
        }
    }

    /// What a reload may change: those used last stay, as many as there is room for.
    @Test func lessRoomKeepsWhoWasServedLast() throws {
        let desk = Desk(LedgerLimits(maxEntries: 100))
        try fill(desk, 0..<50, 0)
        #expect(desk.ask(key(0, 0), 1).hit != nil)
        desk.adopt(LedgerLimits(maxEntries: 10))
        #expect(desk.count == 10)
        #expect(desk.ask(key(0, 0), 2).hit != nil)
        #expect(desk.ask(key(49, 0), 2).hit != nil)
        #expect(desk.ask(key(1, 0), 2).hit == nil)
    }

    @Test func moreRoomIsUsed() throws {
        let desk = Desk(LedgerLimits(maxEntries: 10))
        try fill(desk, 0..<10, 0)
        desk.adopt(LedgerLimits(maxEntries: 30))
        try fill(desk, 10..<40, 1)
        #expect(desk.count == 30)
    }

    @Test func rejectionsAreRememberedForTheNewTime() throws {
        let desk = Desk(LedgerLimits(negativeTTL: 5000))
        desk.adopt(LedgerLimits(negativeTTL: 1000))
        let flight = try #require(desk.ask(key(1, 0), 0).lead)
        _ = desk.finish(flight, .failed(ExchangeFault(.exchangeRejected)), now: 0)
        #expect(desk.ask(key(1, 0), 999).negative != nil)
        #expect(desk.ask(key(1, 0), 1000).lead != nil)
    }
}
