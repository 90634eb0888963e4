import Testing

@testable import OnBehalfOf

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
