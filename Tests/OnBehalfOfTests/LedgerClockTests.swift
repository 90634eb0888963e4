import Testing

@testable import OnBehalfOf

/// Time that jumps, stands still or runs out.
@Suite struct LedgerClockTests {
    @Test func withoutLeaveToExchangeThereIsAHitOrNothing() throws {
        let desk = Desk()
        #expect(desk.ask(key(1), 0, mayExchange: false).isAbsent)
        let flight = try #require(desk.ask(key(1), 0).lead)
        #expect(desk.ask(key(1), 0, mayExchange: false).isAbsent)
        desk.wait(on: flight, waiter: 0)
        let token = minted()
        desk.finish(flight, .minted(token), now: 0)
        #expect(desk.ask(key(1), 0, mayExchange: false).hit === token)
        let late = desk.ask(key(1), 3_569_999, mayExchange: false)
        #expect(late.hit === token && late.refresh == nil)
        #expect(desk.ask(key(1), 3_569_999).refresh != nil)
        #expect(desk.ask(key(1), 3_570_000, mayExchange: false).isAbsent)
    }

    /// With the policy that lets tokens live on, they live no longer than their own life.
    @Test func aTokenMayOutliveTheUsers() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0, userTokenExpires: .max)
        #expect(desk.ask(key(1), 3_569_999, mayExchange: false).hit != nil)
        #expect(desk.ask(key(1), 3_570_000, mayExchange: false).isAbsent)
    }

    /// A machine that was put to sleep wakes with tokens that ended long ago.
    @Test func nothingThatEndedInItsSleepIsHandedOut() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted()), 0)
        let renewal = try #require(desk.renew(key(2), minted(), 0).lead)
        desk.finish(renewal, .minted(minted()), now: 0)
        let flight = try #require(desk.ask(key(3), 0).lead)
        desk.finish(flight, .minted(minted()), now: 0)
        let morning: UInt64 = 8 * 3_600_000
        #expect(desk.ask(key(1), morning).lead != nil)
        #expect(desk.wait(on: renewal, waiter: 0, now: morning).outcome?.fault == .timedOut)
        #expect(desk.wait(on: flight, waiter: 0, now: morning).outcome?.fault == .timedOut)
        #expect(desk.renew(key(2), minted(), morning).lead != nil)
    }

    /// The monotonic clock does not go back; if it did, nothing would live longer for it.
    @Test func aClockThatGoesBackTrapsNothing() throws {
        let desk = Desk()
        try desk.exchange(key(1), .minted(minted(at: 5_000_000)), 5_000_000)
        try desk.exchange(key(2), .failed(ExchangeFault(.exchangeRejected, status: 400)), 5_000_000)
        for token in 10..<15 as Range<UInt64> { try desk.exchange(key(token), .failed(.unreachable), 5_000_000) }
        #expect(desk.ask(key(1), 0).hit != nil)
        #expect(desk.ask(key(2), 0).negative != nil)
        #expect(desk.ask(key(3), 0).breakerOpen == 5_005_000)
        desk.keep(minted(at: 0), for: key(1), now: 0)
        #expect(desk.ask(key(1), 8_570_000).hit == nil)
    }

    static let corners: [UInt64] = [0, 1, 2, 19, 20, 1 << 32, .max / 2, .max - 1, .max]

    /// Whatever a provider or a configuration says, sums neither trap nor come out on the other side.
    @Test(arguments: corners, corners) func cornersDoNotTrap(_ now: UInt64, _ lifetime: UInt64) throws {
        for early in Self.corners {
            for end in Self.corners {
                for advice in Self.corners {
                    let desk = Desk(LedgerLimits(earlyExpiry: early, negativeTTL: early))
                    let token = minted(lifetime: lifetime, refreshIn: advice, at: now)
                    try desk.exchange(key(.max), .minted(token), now, userTokenExpires: end)
                    for later in [now, token.expiresAt, .max] where later >= token.expiresAt || later >= end {
                        #expect(desk.ask(key(.max), later).hit == nil)
                    }
                }
            }
        }
    }
}

/// Dates in `Retry-After` are by the provider's clock, which is not ours.
@Suite struct WallClockTests {
    static let date = "Tue, 14 Nov 2023 22:13:50 GMT"

    @Test(
        arguments: [
            (1_700_000_000, 30_000), (1_700_000_030, 0), (1_700_003_600, 0), (1_699_999_970, 60_000), (0, 3_600_000),
            (-1, 3_600_000), (.max, 0),
        ] as [(Int64, UInt64)])
    func aDateIsBoundedWhateverTheTime(_ wallClock: Int64, _ wait: UInt64) {
        #expect(RetryAfter.milliseconds(Self.date, wallClock: wallClock) == wait)
        #expect(RetryAfter.milliseconds("30", wallClock: wallClock) == 30_000)
    }

    @Test func theStrangestTimeTrapsNothing() {
        #expect((RetryAfter.milliseconds(Self.date, wallClock: .min) ?? .max) <= 3_600_000)
    }

    /// By the provider's own `Date`, a wait is what it means, however far our clock is off.
    @Test func theProvidersOwnClockMakesItExact() throws {
        let now = try #require(HTTPDate.seconds("Tue, 14 Nov 2023 22:13:20 GMT"))
        #expect(RetryAfter.milliseconds(Self.date, wallClock: now) == 30_000)
    }
}
