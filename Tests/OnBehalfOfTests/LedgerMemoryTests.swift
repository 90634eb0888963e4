import Bytes
import Glibc
import Testing

@testable import OnBehalfOf

@Suite(.serialized) struct LedgerMemoryTests {
    /// A million keys in a ledger for a thousand: what it holds is what it held after the first fifty thousand.
    /// Unbounded, a million of the smallest entries would be more than 100 MiB.
    @Test func aMillionKeysTakeNoMoreRoomThanAFewThousand() {
        var ledger = Ledger<Int>(limits: LedgerLimits(maxEntries: 1000))
        var now: UInt64 = 0
        for number in 0..<50_000 as Range<UInt64> { use(&ledger, number, &now) }
        let before = residentBytes()
        for number in 50_000..<1_050_000 as Range<UInt64> { use(&ledger, number, &now) }
        let growth = residentBytes() - before
        #expect(growth < 16 << 20, "grew by \(growth) bytes")
        #expect(ledger.count <= 1000)
        #expect(ledger.flightCount == 0 && ledger.joinable.isEmpty && ledger.renewing.isEmpty)
        #expect(ledger.renewals.count <= 250)
    }

    /// One user's first request: most get a token, every fourth a rejection, of which some are a loop. Every fourth
    /// token is rejected by its server and renewed.
    private func use(_ ledger: inout Ledger<Int>, _ number: UInt64, _ now: inout UInt64) {
        now += 1
        let key = key(number &* 0x9e37_79b9_7f4a_7c15, number % 3)
        var fault: ExchangeFault?
        if number % 4 == 0 {
            fault = ExchangeFault(number % 8 == 0 ? .exchangeRejected : .exchangeThrottled, status: 400)
            fault?.category = number % 8 == 0 ? nil : .loop
        }
        let token = minted(at: now)
        let outcome = fault.map { ExchangeOutcome.failed($0) } ?? .minted(token)
        exchange(
            &ledger, ledger.lookup(key, user: key.token, provider: 0, userTokenExpires: .max, now: now), outcome, now)
        guard number % 4 == 1 else { return }
        let renewal = ledger.renew(
            key, asking: digest(number), rejected: token, user: key.token, provider: 0, now: now)
        let new = minted(at: now)
        exchange(&ledger, renewal, .minted(new), now)
        if number % 8 == 1 {
            ledger.keep(new, for: key, userTokenExpires: .max, now: now)
        } else {
            ledger.renewedInVain(new, for: key, now: now)
        }
    }

    private func exchange(
        _ ledger: inout Ledger<Int>, _ lookup: LedgerLookup, _ outcome: ExchangeOutcome, _ now: UInt64
    ) {
        guard case .lead(let flight) = lookup else {
            Issue.record("not led: \(lookup)")
            return
        }
        _ = ledger.wait(on: flight, waiter: 0, now: now)
        _ = ledger.attempted(flight, fault: outcome.fault, now: now)
        _ = ledger.finish(flight, outcome, now: now)
    }

    private func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 256)
        let count = fread(&line, 1, line.count, file)
        let words = String(decoding: line[..<count], as: UTF8.self).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// What nearly every request does.
    @Test func aWarmLookupAllocatesNothing() throws {
        var ledger = Ledger<Int>()
        var now: UInt64 = 0
        for number in 0..<1000 as Range<UInt64> {
            exchange(
                &ledger, ledger.lookup(key(number), user: digest(0), provider: 0, userTokenExpires: .max, now: 0),
                .minted(minted()), 0)
        }
        var hits = 0
        let allocations = AllocationCounter.count {
            for number in 0..<10_000 as Range<UInt64> {
                now += 1
                let lookup = ledger.lookup(
                    key(number % 1000), user: digest(0), provider: 0, userTokenExpires: .max, now: now)
                if case .hit = lookup { hits += 1 }
            }
        }
        #expect(hits == 10_000)
        #expect(try #require(allocations) == 0)
        // And the counter counts.
        #expect(AllocationCounter.count { for number in 0..<100 { blackHole([number]) } } ?? 0 >= 100)
    }

    @inline(never) private func blackHole(_ value: [Int]) { withExtendedLifetime(value) {} }
}
