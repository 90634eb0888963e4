import Testing

@testable import OnBehalfOf

@Suite struct EntraCategoryTests {
    /// Written down a second time, so that a slip in the table shows.
    static let numbers: [([Int64], EntraCategory, ExchangeFault.Reason)] = [
        ([70011, 28002, 28003, 700022, 700023, 650053], .scope, .scopeMisconfigured),
        ([500011, 50001, 650057, 650054, 65005, 650056], .resourceMissing, .scopeMisconfigured),
        ([901002, 9010010], .resourceMissing, .scopeMisconfigured),
        ([65001, 90094, 90095, 65004], .consent, .consentRequired),
        ([500131], .wrongAudience, .exchangeRejected),
        ([50013], .badAssertion, .exchangeRejected),
        ([500133], .assertionTime, .exchangeRejected),
        ([50027, 240002], .assertionKind, .exchangeRejected),
        ([7000114], .appOnly, .exchangeRejected),
        ([50072, 50074, 50076, 50078, 50079, 50158], .multiFactor, .interactionRequired),
        ([53000, 53001, 53002, 53003, 53004], .conditionalAccess, .interactionRequired),
        ([530032, 530035, 50097, 50129, 50131, 50005], .conditionalAccess, .interactionRequired),
        ([50055, 50144], .passwordExpired, .interactionRequired),
        ([53011, 50053], .accountBlocked, .exchangeRejected),
        ([50057, 50034, 50020, 51004, 50105], .accountUnknown, .exchangeRejected),
        ([50173, 50132, 50133, 70043, 50089], .signInRevoked, .exchangeRejected),
        ([7000215, 70002], .secretWrong, .clientRejected),
        ([7000222], .secretExpired, .clientRejected),
        ([7000218, 700025], .credentialMissing, .clientRejected),
        ([700027, 7000274, 7000214, 7000277, 1000502], .certificate, .clientRejected),
        ([700024], .clientAssertionTime, .clientRejected),
        ([70021, 700211, 700213, 7002138, 700229], .federation, .clientRejected),
        ([700016, 700011, 7000112, 70001], .appUnknown, .clientRejected),
        ([90002, 900439, 900382], .tenant, .clientRejected),
        ([70003, 9001023], .grant, .grantUnsupported),
        ([900144, 9002313, 90014], .malformedRequest, .grantUnsupported),
        ([50196], .loop, .exchangeThrottled),
        ([90055], .tenantThrottled, .exchangeThrottled),
        ([90006, 90012, 90024, 90033, 90090, 50033, 50087], .transient, .exchangeUnavailable),
        ([50000, 90036, 50086], .serverFault, .exchangeUnavailable),
    ]

    @Test(arguments: numbers)
    func knowsEveryNumber(_ codes: [Int64], _ category: EntraCategory, _ reason: ExchangeFault.Reason) {
        for code in codes {
            let fault = read(#"{"error":"invalid_grant","error_codes":[\#(code)]}"#, status: 400).fault
            #expect(fault?.category == category, "\(code)")
            #expect(fault?.reason == reason, "\(code)")
        }
    }

    @Test func hasNoOtherNumbers() {
        let codes = EntraCategory.allCases.flatMap(\.row.codes)
        #expect(Set(codes).count == codes.count)
        #expect(Set(codes) == Set(Self.numbers.flatMap(\.0)))
        #expect(Set(Self.numbers.map(\.1)) == Set(EntraCategory.allCases))
    }

    @Test func purgesOnlyWhereTheSignInHasEnded() {
        #expect(Set(EntraCategory.allCases.filter(\.endsSignIn)) == [.accountUnknown, .signInRevoked])
    }

    @Test func takesTheFirstKnownNumber() {
        #expect(EntraCategory.of([1, 65001, 50076]) == .consent)
        #expect(EntraCategory.of([]) == nil)
        #expect(EntraCategory.of([1, -50076, .max]) == nil)
    }

    @Test func advisesOnEach() {
        let advice = EntraCategory.allCases.map(\.row.advice)
        #expect(Set(advice).count == advice.count)
        #expect(advice.allSatisfy { $0.hasSuffix(".") && $0.utf8.count > 40 })
    }

    /// The numbers enrich; where the status or the error tell of an outage, a user's number is not its explanation.
    @Test func staysOutOfWhatItDoesNotExplain() {
        let outage = read(#"{"error":"invalid_grant","error_codes":[50173]}"#, status: 503).fault
        #expect(outage?.category == nil && outage?.codes == [50173] && outage?.isTransient == true)
        let throttled = read(#"{"error":"invalid_grant","error_codes":[50196]}"#, status: 429).fault
        #expect(throttled?.category == .loop && throttled?.isTransient == false)
        let scope = read(#"{"error":"invalid_scope","error_codes":[65001]}"#, status: 400).fault
        #expect(scope?.reason == .scopeMisconfigured && scope?.category == .consent)
    }
}
