import MCP
import Testing

@testable import Proxy

@Suite struct RefusalRingTests {
    private func call(_ number: UInt64, at: UInt64) -> RefusedCall {
        RefusedCall(
            at: 7, server: "tickets", refusal: .expiredToken, status: 200, id: RequestID(bits: number), user: "",
            advice: "", moment: at)
    }

    private func numbers(_ rings: RefusalRing...) -> [UInt64] { RefusalRing.newest(of: rings).map(\.id.bits) }

    @Test func theNewestComeFirst() {
        let ring = RefusalRing()
        #expect(numbers(ring) == [])
        for number in 1...3 as ClosedRange<UInt64> { ring.note(call(number, at: number)) }
        #expect(numbers(ring) == [3, 2, 1])
    }

    @Test(arguments: [50, 51, 99, 100, 149] as [UInt64]) func onlySoManyAreKept(_ count: UInt64) {
        let ring = RefusalRing()
        for number in 1...count { ring.note(call(number, at: number)) }
        #expect(numbers(ring) == (count - 49...count).reversed())
    }

    @Test func workersAreMergedByTime() {
        let (one, other) = (RefusalRing(), RefusalRing())
        for number in 1...40 as ClosedRange<UInt64> {
            one.note(call(2 * number, at: 2 * number))
            other.note(call(2 * number + 1, at: 2 * number + 1))
        }
        #expect(numbers(one, other) == (32...81).reversed())
    }
}
