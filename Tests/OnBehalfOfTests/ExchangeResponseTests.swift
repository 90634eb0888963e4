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

@Suite struct TaxonomyTests {
    @Test(
        arguments: [
            // The status decides first, whatever the body says.
            (500, #"{"error":"invalid_grant"}"#, .exchangeUnavailable), (503, "oops", .exchangeUnavailable),
            (429, "Too Many Requests", .exchangeThrottled), (429, #"{"error":"invalid_grant"}"#, .exchangeThrottled),
            (408, "", .exchangeTimeout), (302, #"{"error":"invalid_grant"}"#, .invalidExchangeResponse),
            (307, "", .invalidExchangeResponse), (101, "", .invalidExchangeResponse),
            (600, "", .invalidExchangeResponse),
            // No OAuth error to read.
            (400, "<html>", .invalidExchangeResponse), (404, "", .invalidExchangeResponse),
            (400, "{}", .invalidExchangeResponse),
            (400, #"{"error":""}"#, .invalidExchangeResponse), (400, #"{"error":7}"#, .invalidExchangeResponse),
            (401, "", .clientRejected),
            // `error`.
            (400, #"{"error":"temporarily_unavailable"}"#, .exchangeUnavailable),
            (400, #"{"error":"invalid_grant"}"#, .exchangeRejected),
            (400, #"{"error":"access_denied"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_request"}"#, .exchangeRejected),
            (400, #"{"error":"unheard_of"}"#, .exchangeRejected),
            (400, #"{"error":"interaction_required"}"#, .interactionRequired),
            (400, #"{"error":"consent_required"}"#, .consentRequired),
            (400, #"{"error":"invalid_scope"}"#, .scopeMisconfigured),
            (400, #"{"error":"invalid_target"}"#, .scopeMisconfigured),
            (400, #"{"error":"invalid_resource"}"#, .scopeMisconfigured),
            (401, #"{"error":"invalid_client"}"#, .clientRejected),
            (400, #"{"error":"unauthorized_client"}"#, .clientRejected),
            (400, #"{"error":"unsupported_grant_type"}"#, .grantUnsupported),
            // `suberror` before `error`, `claims` before both, trouble before all of them.
            (400, #"{"error":"invalid_grant","suberror":"basic_action"}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","suberror":"additional_action"}"#, .interactionRequired),
            (400, #"{"error":"interaction_required","suberror":"consent_required"}"#, .consentRequired),
            (400, #"{"error":"interaction_required","suberror":"bad_token"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","suberror":"client_mismatch"}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","suberror":"consent_required","claims":"{}"}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","claims":""}"#, .exchangeRejected),
            (400, #"{"error":"temporarily_unavailable","claims":"{}"}"#, .exchangeUnavailable),
            // Entra's numbers, where `error` is a general one.
            (400, #"{"error":"invalid_grant","error_codes":[65001]}"#, .consentRequired),
            (400, #"{"error":"invalid_grant","error_codes":[50076]}"#, .interactionRequired),
            (400, #"{"error":"invalid_grant","error_codes":[50013]}"#, .exchangeRejected),
            (400, #"{"error":"invalid_grant","error_codes":[50196]}"#, .exchangeThrottled),
            (400, #"{"error":"invalid_grant","error_codes":[1,90033]}"#, .exchangeUnavailable),
            (400, #"{"error":"invalid_request","error_codes":[90002]}"#, .clientRejected),
            (400, #"{"error":"invalid_scope","error_codes":[65001]}"#, .scopeMisconfigured),
            (401, #"{"error":"invalid_client","error_codes":[7000215]}"#, .clientRejected),
            (400, #"{"error":"invalid_grant","error_codes":"65001"}"#, .exchangeRejected),
        ] as [(Int, String, ExchangeFault.Reason)])
    func findsTheReason(_ status: Int, _ body: String, _ reason: ExchangeFault.Reason) {
        #expect(read(body, status: status).fault?.reason == reason)
    }

    @Test func keepsWhatAnOperatorNeeds() {
        let fault = read(
            #"""
            {"error":"invalid_grant","error_description":"AADSTS50076: secret prose","suberror":"basic_action",
             "error_codes":[50076,1,2,3,4,5,6,7,8,9],"trace_id":"0000aaaa-11bb","correlation_id":"aaaa0000-bb11"}
            """#, status: 400, retryAfter: "7"
        ).fault
        #expect(fault?.error == "invalid_grant")
        #expect(fault?.suberror == "basic_action")
        #expect(fault?.codes == [50076, 1, 2, 3, 4, 5, 6, 7])
        #expect(fault?.category == .multiFactor)
        #expect(fault?.traceID == "0000aaaa-11bb")
        #expect(fault?.correlationID == "aaaa0000-bb11")
        #expect(fault?.status == 400)
        #expect(fault?.retryAfter == 7000)
        #expect(fault.map { "\($0)".contains("prose") } == false)
    }

    @Test(arguments: ["a b", "A", "invalid_grant\\n", "é", "<script>", String(repeating: "a", count: 65)])
    func logsNoProse(_ text: String) {
        let fault = read(
            #"{"error":"\#(text)","suberror":"\#(text)","trace_id":"\#(text)!","correlation_id":"\#(text)\n"}"#,
            status: 400
        ).fault
        #expect(fault?.reason == .exchangeRejected)
        #expect(fault?.error == nil && fault?.suberror == nil && fault?.traceID == nil && fault?.correlationID == nil)
    }

    @Test func everyNumberHasOneCategory() {
        let codes = EntraCategory.rows.flatMap(\.codes)
        #expect(Set(codes).count == codes.count)
        #expect(Set(EntraCategory.rows.map(\.category)) == Set(EntraCategory.allCases))
    }

    @Test func tellsOutagesFromVerdicts() {
        for reason in ExchangeFault.Reason.allCases { #expect(!(reason.isVerdict && reason.isRetryable)) }
        #expect(ExchangeFault.unreachable.isOutage && ExchangeFault.timedOut.isOutage)
        #expect(read("", status: 502).fault?.isOutage == true)
        #expect(read("", status: 429).fault?.isOutage == false)
        #expect(read("", status: 408).fault?.isOutage == false)
        #expect(read(#"{"error":"temporarily_unavailable"}"#, status: 400).fault?.isOutage == false)
        #expect(read(#"{"error":"invalid_grant"}"#, status: 400).fault?.isTransient == false)
        #expect(read(#"{"error":"invalid_grant","error_codes":[50196]}"#, status: 400).fault?.isTransient == false)
        #expect(read("", status: 500).fault?.isTransient == true)
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
}
