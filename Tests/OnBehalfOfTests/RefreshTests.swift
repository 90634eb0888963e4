import Bytes
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

    static let retryable: [ExchangeFault] = [
        .unreachable, .timedOut, .queueTimedOut, ExchangeFault(.exchangeThrottled, status: 429),
        ExchangeFault(.exchangeUnavailable, status: 503),
    ]

    @Test(arguments: retryable) func theOldTokenServesUntilItLeaves(_ fault: ExchangeFault) throws {
        let desk = Desk()
        let old = minted()
        try desk.exchange(key(1), .minted(old), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        desk.finish(refresh, .failed(fault), now: 3_300_000)
        let after = desk.ask(key(1), 3_569_999)
        #expect(after.hit === old && after.refresh == nil)
        #expect(desk.ask(key(1), 3_570_000).lead != nil)
    }

    @Test(arguments: ExchangeFault.Reason.allCases.filter { !$0.isRetryable })
    func butNotWhenTheProviderWouldNotMintItAnyMore(_ reason: ExchangeFault.Reason) throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        let fault = ExchangeFault(reason, status: 400)
        desk.finish(refresh, .failed(fault), now: 3_300_000)
        let after = desk.ask(key(1), 3_300_001)
        #expect(after.hit == nil && after.negative == (reason.isVerdict ? fault : nil))
    }

    /// A token that came meanwhile, from a renewal, was not what the provider said no to.
    @Test func norForANewerToken() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        let refresh = try #require(desk.ask(key(1), 3_300_000).refresh)
        let new = minted(at: 3_300_001)
        let renewal = try #require(desk.renew(key(1), minted(), 3_300_000, asking: 9).lead)
        desk.finish(renewal, .minted(new), now: 3_300_001)
        desk.keep(new, for: key(1), now: 3_300_001)
        desk.finish(refresh, .failed(ExchangeFault(.exchangeRejected, status: 400)), now: 3_300_002)
        #expect(desk.ask(key(1), 3_300_002).hit === new)
    }

    /// The provider's advice counts where it is earlier than the last tenth; should that fail, the last tenth is the
    /// second chance.
    @Test func startsOneWhenTheProviderAdvises() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted(refreshIn: 1_800_000)), 0)
        #expect(desk.ask(key(1), 1_799_999).refresh == nil)
        let refresh = try #require(desk.ask(key(1), 1_800_000).refresh)
        desk.finish(refresh, .failed(.unreachable), now: 1_800_001)
        #expect(desk.ask(key(1), 3_212_999).refresh == nil)
        let again = try #require(desk.ask(key(1), 3_213_000).refresh)
        desk.finish(again, .failed(.unreachable), now: 3_213_000)
        #expect(desk.ask(key(1), 3_569_999).refresh == nil)
    }

    @Test func adviceAfterTheLastTenthIsNotHeeded() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted(refreshIn: 3_599_000)), 0)
        #expect(desk.ask(key(1), 3_213_000).refresh != nil)
    }

    @Test(arguments: [0, 3_600_000, 3_600_001, .max] as [UInt64]) func adviceThatMakesNoSenseIsNone(_ time: UInt64) {
        #expect(minted(refreshIn: time).refreshIn == nil)
    }

    /// Those whose tokens came together do not come back together, and none before its time or near its end.
    @Test(arguments: [nil, 600_000] as [UInt64?]) func spreadsThem(_ advice: UInt64?) throws {
        let desk = Desk()
        var random = Seeded(state: 1)
        let start: UInt64 = advice ?? 3_213_000
        let most = advice.map { $0 / 10 } ?? 357_000 / 4
        var starts: Set<UInt64> = []
        for _ in 0..<100 {
            let words = (random.next(), random.next(), random.next(), random.next())
            let key = ExchangeKey(token: Digest256(words: words), service: digest(0))
            try desk.exchange(key, .minted(minted(refreshIn: advice)), 0)
            #expect(desk.ask(key, start - 1).refresh == nil)
            var (low, high) = (start - 1, start + most + 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                // Each question about a time is put to a ledger that has not answered it before.
                let other = Desk()
                try other.exchange(key, .minted(minted(refreshIn: advice)), 0)
                if other.ask(key, middle).refresh == nil { low = middle } else { high = middle }
            }
            starts.insert(high)
        }
        #expect(starts.count > 90)
        #expect((starts.max() ?? 0) - (starts.min() ?? 0) > most * 3 / 4)
        #expect((starts.max() ?? 0) <= start + most)
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
