import Testing

@testable import OnBehalfOf

@Suite struct ExchangeFaultTests {
    private static let trace = "0000aaaa-11bb-22cc-33dd-444444eeeeee"
    private static let correlation = "AAAA0000-BB11-CC22-DD33-EEEEEE444444"

    @Test func keepsWhatAnOperatorNeeds() {
        let fault = read(
            #"""
            {"error":"invalid_grant","error_description":"AADSTS50076: secret prose","suberror":"basic_action",
             "error_codes":[50076,1,2,3,4,5,6,7,8,9],"trace_id":"\#(Self.trace)",
             "correlation_id":"\#(Self.correlation)"}
            """#, status: 400, retryAfter: "7"
        ).fault
        #expect(fault?.error == "invalid_grant")
        #expect(fault?.suberror == "basic_action")
        #expect(fault?.codes == [50076, 1, 2, 3, 4, 5, 6, 7])
        #expect(fault?.category == .multiFactor)
        #expect(fault?.traceID == Self.trace)
        #expect(fault?.correlationID == Self.correlation)
        #expect(fault?.status == 400)
        #expect(fault?.retryAfter == 7000)
        #expect(fault.map { "\($0)".contains("prose") } == false)
    }

    @Test(arguments: ["a b", "A", "invalid_grant\\n", "é", "<script>", String(repeating: "a", count: 65)])
    func logsNoProse(_ text: String) {
        let fault = read(#"{"error":"\#(text)","suberror":"\#(text)"}"#, status: 400).fault
        #expect(fault?.reason == .exchangeRejected)
        #expect(fault?.error == nil && fault?.suberror == nil)
    }

    @Test(arguments: [
        "", "c-1", "0000aaaa-11bb-22cc-33dd-444444eeeee", "0000aaaa-11bb-22cc-33dd-444444eeeeeee",
        "0000aaaa_11bb_22cc_33dd_444444eeeeee", "0000aaaag11bb-22cc-33dd-444444eeeeee",
        "0000aaag-11bb-22cc-33dd-444444eeeeee", "------------------------------------",
        "0000aaaa-11bb-22cc-33dd-444444eeee\\n", "٣000aaaa-11bb-22cc-33dd-444444eeee",
    ])
    func logsNoIDThatIsNoUUID(_ text: String) {
        let fault = read(
            #"{"error":"invalid_grant","trace_id":"\#(text)","correlation_id":"\#(text)"}"#, status: 400
        ).fault
        #expect(fault?.traceID == nil && fault?.correlationID == nil)
        #expect(fault?.reason == .exchangeRejected)
    }

    @Test func keepsTheClaimsThatAreDemanded() {
        let claims = #"{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}"#
        let quoted = claims.replacing("\"", with: "\\\"")
        let fault = read(#"{"error":"interaction_required","claims":"\#(quoted)"}"#, status: 400).fault
        #expect(fault?.claims == claims)
        var dumped = ""
        dump(ExchangeOutcome.failed(fault ?? .unreachable), to: &dumped)
        #expect(!"\(dumped) \(String(reflecting: fault)) \(String(describing: fault))".contains("capolids"))
    }

    @Test(
        arguments: [
            "x", "[]", "7", "{", "{} {}", #"{\"a\":1,\"a\":2}"#, "\\u0000",
            #"{\"a\":\""# + String(repeating: "a", count: 8 << 10) + #"\"}"#,
        ])
    func keepsNoOtherClaims(_ text: String) {
        let fault = read(#"{"error":"interaction_required","claims":"\#(text)"}"#, status: 400).fault
        #expect(fault?.reason == .interactionRequired)
        #expect(fault?.claims == nil)
    }

    @Test func keepsNoClaimsOfAnOutage() {
        let fault = read(#"{"error":"temporarily_unavailable","claims":"{}"}"#, status: 400).fault
        #expect(fault?.claims == nil)
    }

    /// What a success lacks is said in the log, though it is no verdict.
    @Test func explainsASuccessThatIsNone() {
        let fault = read(#"{"error":"invalid_grant","error_codes":[50013],"trace_id":"\#(Self.trace)"}"#).fault
        #expect(fault?.reason == .invalidExchangeResponse)
        #expect(fault?.error == "invalid_grant" && fault?.codes == [50013] && fault?.traceID == Self.trace)
        #expect(fault?.category == nil)
    }

    @Test func tellsOutagesFromVerdicts() {
        for reason in ExchangeFault.Reason.allCases { #expect(!(reason.isVerdict && reason.isRetryable)) }
        #expect(ExchangeFault.unreachable.isOutage && ExchangeFault.timedOut.isOutage)
        #expect(read("", status: 502).fault?.isOutage == true)
        #expect(read("", status: 429).fault?.isOutage == false)
        #expect(read("", status: 408).fault?.isOutage == false)
        #expect(read(#"{"error":"temporarily_unavailable"}"#, status: 400).fault?.isOutage == false)
    }

    @Test(
        arguments: [
            (.exchangeRejected, .user, true, .never), (.consentRequired, .user, true, .never),
            (.interactionRequired, .user, true, .never), (.scopeMisconfigured, .configuration, true, .never),
            (.clientRejected, .configuration, true, .withFreshCredential),
            (.grantUnsupported, .configuration, true, .never),
            (.invalidExchangeResponse, .configuration, false, .never),
            (.exchangeUnavailable, .outage, false, .once), (.exchangeTimeout, .outage, false, .once),
            (.exchangeThrottled, .outage, false, .once), (.breakerOpen, .outage, false, .never),
            (.overloaded, .outage, false, .never),
        ] as [(ExchangeFault.Reason, ExchangeFault.Blame, Bool, ExchangeFault.Retry)])
    func saysWhoseItIs(
        _ reason: ExchangeFault.Reason, _ blame: ExchangeFault.Blame, _ isVerdict: Bool, _ retry: ExchangeFault.Retry
    ) {
        #expect(reason.blame == blame)
        #expect(reason.isVerdict == isVerdict)
        #expect(reason.isRetryable == (blame == .outage))
        #expect(ExchangeFault(reason).retry == retry)
    }

    @Test(
        arguments: [
            (7000215, .withFreshCredential), (7000222, .withFreshCredential), (700024, .withFreshCredential),
            (700027, .withFreshCredential), (7000218, .never), (70021, .withFreshCredential), (700016, .never),
            (90002, .never),
            (50196, .afterSilence), (90055, .once), (90033, .once), (50000, .never), (500133, .never), (50013, .never),
            (50076, .never), (65001, .never),
        ] as [(Int64, ExchangeFault.Retry)])
    func saysWhatMayHelp(_ code: Int64, _ retry: ExchangeFault.Retry) {
        let fault = read(#"{"error":"invalid_grant","error_codes":[\#(code)]}"#, status: 400).fault
        #expect(fault?.retry == retry)
        #expect(fault?.isTransient == (retry == .once))
        #expect(fault?.wantsFreshCredential == (retry == .withFreshCredential))
    }

    @Test(
        arguments: [
            (#"{"error":"invalid_client","error_codes":[7000222]}"#, "Certificates & secrets"),
            (#"{"error":"invalid_client","error_codes":[7000215]}"#, "not its id"),
            (#"{"error":"invalid_grant","error_codes":[50013]}"#, "OPENID_SCOPE"),
            (#"{"error":"invalid_grant","error_codes":[65001]}"#, "Grant admin consent"),
            (#"{"error":"invalid_grant","error_codes":[500131]}"#, "client_id"),
            (#"{"error":"invalid_client"}"#, "client_id"),
            (#"{"error":"invalid_scope"}"#, "obo.scopes"),
            ("<html>", "exchange.token_endpoint"),
        ])
    func advisesTheOperator(_ body: String, _ words: String) {
        #expect(read(body, status: 400).fault?.operatorAdvice.contains(words) == true)
    }

    @Test func advisesOnEveryReason() {
        let advice = ExchangeFault.Reason.allCases.map { ExchangeFault($0).operatorAdvice }
        #expect(Set(advice).count == advice.count)
        #expect(advice.allSatisfy { $0.hasSuffix(".") && $0.utf8.count > 40 })
    }
}
