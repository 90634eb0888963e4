import Testing

@testable import OnBehalfOf

@Suite struct LedgerInterleavingTests {
    /// Three hundred thousand steps. A failure names its seed and step: run that seed alone to see it again.
    @Test func keepsItsPromises() {
        var seen: [String: Int] = [:]
        for seed in 1...60 as ClosedRange<UInt64> {
            let chaos = Chaos(seed: seed)
            for _ in 0..<5000 { chaos.step() }
            chaos.settle()
            seen.merge(chaos.seen, uniquingKeysWith: +)
        }
        let all = [
            "hit", "refresh", "join", "lead", "negative", "breakerOpen", "throttled", "overloaded", "probe", "loop",
            "late", "renewal", "renewal joined", "renewed hit", "in vain",
        ]
        for what in all { #expect(seen[what, default: 0] > 20, "saw too little of \(what)") }
    }
}
