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
