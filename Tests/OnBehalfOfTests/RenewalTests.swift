import Testing

@testable import OnBehalfOf

@Suite struct RenewalTests {
    let desk = Desk()
    let old = minted("old")
    let new = minted("new", at: 1000)

    /// A renewal that ends at once with a token, at `now`.
    @discardableResult
    func renew(_ rejected: MintedToken, asking asked: UInt64? = nil, at now: UInt64) throws -> MintedToken {
        let flight = try #require(desk.renew(key(1), rejected, now, asking: asked).lead)
        desk.wait(on: flight, waiter: 0, now: now)
        let token = minted("renewed", at: now)
        desk.attempted(flight, fault: nil, now: now)
        #expect(desk.finish(flight, .minted(token), now: now) == [0])
        return token
    }

    @Test func forgetsTheTokenAndLeads() throws {
        try desk.exchange(key(1), .minted(old), 0)
        #expect(desk.renew(key(1), old, 1).lead != nil)
        #expect(desk.count == 0)
    }

    @Test func isIndependentOfTheOrdinaryFlight() throws {
        let ordinary = try #require(desk.ask(key(1), 0).lead)
        let renewal = try #require(desk.renew(key(1), old, 0).lead)
        #expect(ordinary != renewal)
        #expect(desk.ask(key(1), 0).join == ordinary)
        desk.finish(renewal, .failed(.unreachable), now: 0)
        #expect(desk.ask(key(1), 0).join == ordinary)
        let again = try #require(desk.renew(key(1), old, 0).lead)
        desk.finish(ordinary, .failed(.unreachable), now: 0)
        #expect(desk.renew(key(1), old, 0).join == again)
    }

    @Test func itsTokenIsKeptOnlyOnceItHasServed() throws {
        let token = try renew(old, at: 1000)
        #expect(desk.count == 0)
        #expect(desk.ask(key(1), 1000).lead != nil)
        desk.keep(token, for: key(1), now: 1000)
        #expect(desk.ask(key(1), 1000).hit === token)
    }

    @Test func aNewerTokenInTheCacheWillDo() throws {
        try desk.exchange(key(1), .minted(new), 1000)
        #expect(desk.renew(key(1), old, 1000).hit === new)
        #expect(desk.ask(key(1), 1000).hit === new)
    }

    /// Only a renewal has asked for claims.
    @Test func butNotWhereClaimsAreAskedFor() throws {
        try desk.exchange(key(1), .minted(new), 1000)
        let token = try renew(old, asking: 9, at: 2000)
        desk.keep(token, for: key(1), now: 2000)
        #expect(desk.renew(key(1), minted("other"), 2000, asking: 9).hit === token)
    }

    @Test func aHundredWithOneRejectedTokenMakeOneRenewal() throws {
        try desk.exchange(key(1), .minted(old), 0)
        let flight = try #require(desk.renew(key(1), old, 1).lead)
        for _ in 0..<39 { #expect(desk.renew(key(1), old, 1).join == flight) }
        for waiter in 0..<30 { desk.wait(on: flight, waiter: waiter, now: 1) }
        #expect(desk.finish(flight, .minted(new), now: 1000) == Array(0..<30))
        // Ten who were told to join and come to wait too late, thirty who come when it is over, thirty when it is kept.
        for waiter in 30..<40 { #expect(desk.wait(on: flight, waiter: waiter, now: 1000).outcome?.token === new) }
        for _ in 0..<30 { #expect(desk.renew(key(1), old, 1000).hit === new) }
        desk.keep(new, for: key(1), now: 1000)
        for _ in 0..<30 { #expect(desk.renew(key(1), old, 1000).hit === new) }
        #expect(desk.flightCount == 0)
    }

    @Test func theyShareItsFailure() throws {
        let flight = try #require(desk.renew(key(1), old, 0).lead)
        for waiter in 0..<3 {
            if waiter > 0 { #expect(desk.renew(key(1), old, 0).join == flight) }
            desk.wait(on: flight, waiter: waiter)
        }
        #expect(desk.finish(flight, .failed(.timedOut), now: 0) == [0, 1, 2])
        #expect(desk.renew(key(1), old, 0).lead != nil)
    }

    @Test func othersDoNotShare() throws {
        let flight = try #require(desk.renew(key(1), old, 0).lead)
        #expect(desk.renew(key(1), new, 0).lead != nil)
        #expect(desk.renew(key(1), old, 0, asking: 9).lead != nil)
        #expect(desk.renew(key(2), old, 0).lead != nil)
        #expect(desk.renew(key(1), old, 0).join == flight)
    }

    @Test func aTokenThatIsOverIsNotHandedOutAgain() throws {
        let flight = try #require(desk.renew(key(1), old, 0).lead)
        desk.wait(on: flight, waiter: 0)
        desk.finish(flight, .minted(minted(lifetime: 40_000)), now: 0)
        #expect(desk.renew(key(1), old, 19_999).hit != nil)
        #expect(desk.renew(key(1), old, 20_000).lead != nil)
    }

    @Test func aRejectionIsRememberedUnderWhatWasAsked() throws {
        let flight = try #require(desk.renew(key(1), old, 0, asking: 9).lead)
        desk.finish(flight, .failed(ExchangeFault(.interactionRequired, status: 400)), now: 0)
        #expect(desk.renew(key(1), old, 4999, asking: 9).negative?.reason == .interactionRequired)
        #expect(desk.renew(key(1), old, 0, asking: 8).lead != nil)
        #expect(desk.ask(key(1), 0).lead != nil)
        #expect(desk.renew(key(1), old, 5000, asking: 9).lead != nil)
    }

    @Test func withoutClaimsItIsTheOrdinaryRejection() throws {
        let flight = try #require(desk.renew(key(1), old, 0).lead)
        desk.finish(flight, .failed(ExchangeFault(.exchangeRejected, status: 400)), now: 0)
        #expect(desk.ask(key(1), 4999).negative != nil)
        #expect(desk.ask(key(2), 0).lead != nil)
    }

    // MARK: In vain

    @Test func whoComesLateHearsThatItWasInVain() throws {
        let token = try renew(old, at: 1000)
        desk.renewedInVain(token, for: key(1), now: 2000)
        #expect(desk.renew(key(1), old, 61_999).isInVain)
        #expect(desk.renew(key(1), old, 62_000).lead != nil)
    }

    /// However many requests carried the rejected token, it is one renewal that did not help.
    @Test func afterThreeInARowThereIsNoExchange() throws {
        var now: UInt64 = 0
        for round in 0..<3 {
            let ordinary = minted("\(round)", at: now)
            try desk.exchange(key(1), .minted(ordinary), now)
            let token = try renew(ordinary, at: now)
            for _ in 0..<5 { desk.renewedInVain(token, for: key(1), now: now) }
            now += 59_000
        }
        let last = minted("last", at: now)
        try desk.exchange(key(1), .minted(last), now)
        #expect(desk.renew(key(1), last, now).isInVain)
        // It stays: the next request has no need to exchange for one that would be rejected as well.
        #expect(desk.ask(key(1), now).hit === last)
        #expect(desk.renew(key(1), last, now + 999).isInVain)
        #expect(desk.renew(key(1), last, now + 1000).lead != nil)
        #expect(desk.renew(key(2), last, now).lead != nil)
    }

    @Test func oneThatServesStartsTheCountAnew() throws {
        for round in 0..<9 as Range<UInt64> {
            let token = try renew(minted(), at: round)
            if round % 3 == 2 {
                desk.keep(token, for: key(1), now: round)
                desk.forget(key(1), ifToken: token)
            } else {
                desk.renewedInVain(token, for: key(1), now: round)
            }
        }
    }

    @Test func aKeptTokenThatIsRejectedLaterIsForgotten() throws {
        let token = try renew(old, at: 1000)
        desk.keep(token, for: key(1), now: 1000)
        let next = try renew(token, at: 2000)
        #expect(next !== token)
        desk.keep(token, for: key(1), now: 2000)
        desk.keep(next, for: key(1), now: 2000)
        // A request that took longer does not bring the old one back.
        desk.keep(token, for: key(1), now: 2000)
        #expect(desk.ask(key(1), 2000).hit === next)
        desk.renewedInVain(next, for: key(1), now: 2000)
        #expect(desk.count == 0)
    }

    @Test func norIsItHandedToThoseBeforeIt() throws {
        let token = try renew(old, at: 1000)
        desk.keep(token, for: key(1), now: 1000)
        #expect(desk.renew(key(1), token, 2000).lead != nil)
        #expect(desk.renew(key(1), old, 2000).hit == nil)
    }

    // MARK: Protection

    @Test func theBreakerApplies() throws {
        for token in 10..<15 as Range<UInt64> { try desk.exchange(key(token), .failed(.unreachable), 0) }
        #expect(desk.renew(key(1), old, 0).breakerOpen == 5000)
        let probe = try #require(desk.renew(key(1), old, 5000).lead)
        #expect(desk.ask(key(2), 5000).breakerOpen != nil)
        desk.attempted(probe, fault: nil, now: 5000)
        #expect(desk.ask(key(2), 5000).lead != nil)
    }

    @Test func aServicesQuietTimeApplies() throws {
        let flight = try #require(desk.renew(key(1), old, 0, asking: 9).lead)
        desk.attempted(flight, fault: ExchangeFault(.exchangeThrottled, status: 429, retryAfter: 2000), now: 0)
        #expect(desk.renew(key(1), old, 500, asking: 8).throttled == 1500)
        #expect(desk.ask(key(2), 500).throttled == 1500)
        #expect(desk.ask(key(2, 9), 500).lead != nil)
    }

    @Test func aRenewalUnderWayDuringAnEvictionIsNotKept() throws {
        let flight = try #require(desk.renew(key(1), old, 0).lead)
        desk.evict()
        let new = minted()
        desk.finish(flight, .minted(new), now: 1)
        desk.keep(new, for: key(1), now: 2)
        #expect(desk.ask(key(1), 3).lead != nil)
    }

    @Test func evictionForgetsTheOutcome() throws {
        try renew(old, at: 0)
        desk.evict()
        #expect(desk.renew(key(1), old, 0).lead != nil)
    }
}
