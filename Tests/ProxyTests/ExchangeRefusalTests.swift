import Identity
import MCP
import OnBehalfOf
import Testing

@testable import Proxy

@Suite struct ExchangeRefusalTests {
    /// Two targets know the reasons: what the client reads must be what the log says.
    @Test(arguments: ExchangeFault.Reason.allCases)
    func aFaultIsRefusedUnderItsOwnName(_ reason: ExchangeFault.Reason) {
        let refusal = Refusal(ExchangeFault(reason))
        #expect(refusal.rawValue == reason.rawValue)
        #expect(refusal.fault.rawValue == reason.blame.rawValue)
        #expect(refusal.isRetryable == reason.isRetryable)
    }

    /// The words come from one target, the advice from another.
    @Test(arguments: MintedClaims.Mismatch.allCases) func aMismatchIsExplained(_ mismatch: MintedClaims.Mismatch) {
        var fault = ExchangeFault(.invalidExchangeResponse)
        fault.mismatch = mismatch.rawValue
        #expect(fault.operatorAdvice.hasPrefix("The minted token"))
    }
}
