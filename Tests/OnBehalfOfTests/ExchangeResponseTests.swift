import Testing

@testable import OnBehalfOf

@Suite struct MintingTests {
    @Test func mints() {
        let outcome = read(
            #"{"token_type":"Bearer","access_token":"a.b-c","expires_in":60,"refresh_token":"r","scope":"x"}"#, now: 5)
        #expect(outcome.token?.header == "Bearer a.b-c")
        #expect(outcome.token?.lifetime == 60_000)
        #expect(outcome.token?.expiresAt == 60_005)
    }

    @Test(
        arguments: [
            ("3600", 3600), ("\"3600\"", 3600), ("\" 3600 \"", 3600), ("3599.9", 3599), ("1e3", 1000), ("0", 0),
            ("-5", 0),
            ("\"-5\"", 0), ("\"0\"", 0), ("0.5", 0), ("-0.5", 0), ("null", 300), ("\"soon\"", 300), ("\"NaN\"", 300),
            ("true", 300),
            ("[]", 300), ("{}", 300), ("\"\"", 300), ("\"\\\"60\\\"\"", 300), ("99999999999", 604_800),
            ("1e300", 604_800),
            ("1e999", 300), ("-1e300", 0), ("99999999999999999999.5", 604_800),
        ] as [(String, UInt64)])
    func readsTheLifetime(_ text: String, _ seconds: UInt64) {
        let outcome = read(#"{"token_type":"bearer","access_token":"a","expires_in":\#(text)}"#)
        #expect(outcome.token?.lifetime == seconds * 1000)
    }

    @Test func assumesALifetime() {
        #expect(read(#"{"token_type":"BEARER","access_token":"a"}"#).token?.lifetime == 300_000)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "not json", #"{"access_token":"a"}"#, #"{"token_type":"Bearer"}"#,
        #"{"token_type":"N_A","access_token":"a"}"#, #"{"token_type":"DPoP","access_token":"a"}"#,
        #"{"token_type":["Bearer"],"access_token":"a"}"#, #"{"token_type":"Bearer","access_token":""}"#,
        #"{"token_type":"Bearer","access_token":null}"#, #"{"token_type":"Bearer","access_token":["a"]}"#,
        #"{"token_type":"Bearer","access_token":"a\r\nX-Admin: 1"}"#, #"{"token_type":"Bearer","access_token":"a b"}"#,
        #"{"token_type":"Bearer","access_token":"a\u0000"}"#, #"{"token_type":"Bearer","access_token":"é"}"#,
        #"{"token_type":"Bearer","access_token":"a","access_token":"b"}"#,
        #"{"token_type":"Bearer","access_token":"a","error":"invalid_grant"}"#,
        #"{"token_type":"Bearer","access_token":"a"} x"#,
    ])
    func takesNothingHalfGood(_ body: String) {
        let outcome = read(body)
        #expect(outcome.fault?.reason == .invalidExchangeResponse)
        #expect(outcome.fault?.status == 200)
    }

    @Test func takesNoEndlessToken() {
        func body(_ count: Int) -> String {
            #"{"token_type":"Bearer","access_token":"\#(String(repeating: "a", count: count))"}"#
        }
        #expect(read(body(32 << 10)).token != nil)
        #expect(read(body(32 << 10 + 1)).fault?.reason == .invalidExchangeResponse)
        #expect(read(body(2 << 20)).fault?.reason == .invalidExchangeResponse)
    }

    /// A provider that returns the assertion has exchanged nothing; the user's own token must not go on.
    @Test func doesNotTakeTheUsersOwnToken() {
        let same = #"{"token_type":"Bearer","access_token":"user-token","expires_in":60}"#
        #expect(read(same).fault?.reason == .invalidExchangeResponse)
        #expect(read(same, subject: "user-tokem").token != nil)
    }

    @Test(
        arguments: [
            ("application/json", true), ("Application/JSON; charset=utf-8", true), (" application/json ;x", true),
            ("application/vnd.idp+json", true), ("text/html", false), ("application/jsonp", false),
            ("text/json", false),
            ("", false), (nil, false),
        ] as [(String?, Bool)])
    func wantsJSON(_ type: String?, _ good: Bool) {
        let outcome = read(#"{"token_type":"Bearer","access_token":"a"}"#, contentType: type)
        #expect((outcome.token != nil) == good)
    }

    @Test(arguments: [200, 201, 299]) func takesAnySuccess(_ status: Int) {
        #expect(read(#"{"token_type":"Bearer","access_token":"a"}"#, status: status).token != nil)
    }

    @Test func aTokenNeverPrints() {
        let token = minted("sesame")
        var dumped = ""
        dump(token, to: &dumped)
        dump(read(#"{"token_type":"Bearer","access_token":"sesame"}"#), to: &dumped)
        #expect(!"\(token) \(String(reflecting: token)) \(dumped)".contains("sesame"))
    }
}

@Suite struct RetryAfterTests {
    // 1700000000 is Tue, 14 Nov 2023 22:13:20 GMT.
    @Test(
        arguments: [
            ("0", 0), ("120", 120_000), (" 5 ", 5000), ("999999", 3_600_000), ("99999999999999999999999", 3_600_000),
            ("Tue, 14 Nov 2023 22:13:50 GMT", 30_000), ("Tuesday, 14-Nov-23 22:13:50 GMT", 30_000),
            ("Tue Nov 14 22:13:50 2023", 30_000), ("Tue, 14 Nov 2023 22:13:00 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:60 GMT", 3_600_000), ("Sun Nov  6 08:49:37 1994", 0),
        ] as [(String, UInt64)])
    func reads(_ text: String, _ milliseconds: UInt64) {
        #expect(RetryAfter.milliseconds(text, wallClock: 1_700_000_000) == milliseconds)
    }

    @Test(arguments: [
        "", "soon", "-1", "+1", "1.5", "1 2", "5s", "Tue, 14 Nov 2023 22:13:50", "Tue, 14 Nov 2023 25:13:50 GMT",
        "Tue, 32 Nov 2023 22:13:50 GMT", "Tue, 14 Nvo 2023 22:13:50 GMT", "Tue, 14 Nov 2023 22:13 GMT",
        "Tue, 14 Nov 2023 22:13:50 CET", "14 Nov 2023 22:13:50 GMT x", "٣",
    ])
    func refuses(_ text: String) { #expect(RetryAfter.milliseconds(text, wallClock: 1_700_000_000) == nil) }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200), ("Sat, 01 Jan 2000 00:00:00 GMT", 946_684_800),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400), ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
        ] as [(String, Int64)])
    func knowsTheCalendar(_ text: String, _ seconds: Int64) { #expect(HTTPDate.seconds(text) == seconds) }
}

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy()

    @Test func retriesOnceAround300Milliseconds() {
        for random in [0, 1, 75, 149, 150, UInt64.max] {
            guard case .retry(let wait) = policy.decide(after: .unreachable, attempt: 1, elapsed: 0, random: random)
            else {
                Issue.record("gave up")
                return
            }
            #expect(225...375 ~= wait)
        }
        #expect(policy.decide(after: .unreachable, attempt: 2, elapsed: 0, random: 0) == .giveUp)
        #expect(RetryPolicy(retries: 0).decide(after: .timedOut, attempt: 1, elapsed: 0, random: 0) == .giveUp)
    }

    /// With hardly any time left, those at the end of a long line would be cut off while they are answered.
    @Test func leavesAnAttemptItsTime() {
        #expect([0, 3000, 9000, 10_000, .max].map { policy.line(elapsed: $0) } == [9000, 6000, 0, 0, 0])
        #expect(RetryPolicy(attemptTimeout: 1000).line(elapsed: 0) == 9500)
    }

    /// A time-out of what was begun late says nothing of the provider.
    @Test func knowsWhatTheLineHasTaken() {
        #expect([0, 5000, 5500, 9000].map { policy.isCutShort(elapsed: $0) } == [false, false, true, true])
    }

    @Test func respectsRetryAfterAndTheBudget() {
        func decide(_ retryAfter: UInt64?, _ elapsed: UInt64) -> RetryPolicy.Decision {
            policy.decide(
                after: ExchangeFault(.exchangeThrottled, status: 429, retryAfter: retryAfter), attempt: 1,
                elapsed: elapsed,
                random: 0)
        }
        #expect(decide(2000, 0) == .retry(after: 2000))
        #expect(decide(0, 0) == .retry(after: 225))
        #expect(decide(9750, 0) == .retry(after: 9750))
        #expect(decide(9751, 0) == .giveUp)
        #expect(decide(60_000, 0) == .giveUp)
        #expect(decide(.max, 0) == .giveUp)
        #expect(decide(nil, 9525) == .retry(after: 225))
        #expect(decide(nil, 9526) == .giveUp)
        #expect(decide(nil, .max) == .giveUp)
    }

    @Test func neverRetriesAVerdict() {
        for reason in ExchangeFault.Reason.allCases where !reason.isRetryable {
            #expect(
                policy.decide(after: ExchangeFault(reason, status: 400), attempt: 1, elapsed: 0, random: 0) == .giveUp)
        }
    }

    @Test func bothAttemptsStayWithinTheBudget() {
        #expect(policy.timeout(elapsed: 0) == 5000)
        #expect(policy.timeout(elapsed: 5300) == 4700)
        #expect(policy.timeout(elapsed: 20_000) == 0)
    }

    @Test func aLineLeavesTimeForAnAttempt() {
        #expect(policy.line(elapsed: 0) == 9000)
        #expect(policy.line(elapsed: 9500) == 0)
        #expect(RetryPolicy(attemptTimeout: 500).line(elapsed: 0) == 9750)
        #expect(!policy.isCutShort(elapsed: 0) && !policy.isCutShort(elapsed: 5250) && policy.isCutShort(elapsed: 5251))
        #expect(!RetryPolicy(attemptTimeout: 10_000).isCutShort(elapsed: 250))
        #expect(policy.isCutShort(elapsed: .max))
    }
}
