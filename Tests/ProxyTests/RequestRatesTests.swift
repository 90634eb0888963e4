import Bytes
import Configuration
import Testing

@testable import Proxy

@Suite struct RequestRatesTests {
    private static let second: UInt64 = 1_000_000_000

    private func user(_ number: UInt64) -> Digest256 { Digest256(words: (number, 0, 0, 0)) }

    private func rates(_ count: Int, per unit: RequestRate.Unit = .second, bound: Int = 100) throws -> RequestRates {
        try #require(RequestRates(RequestRate(count, per: unit), bound: bound))
    }

    @Test func nothingIsKeptWithoutALimit() {
        #expect(RequestRates(RequestRate(0, per: .second)) == nil)
    }

    @Test(arguments: [(1, RequestRate.Unit.second), (7, .second), (1_000_000, .second), (90, .minute), (3, .hour)])
    func oneUnitsWorthComesAtOnceAndNoMore(count: Int, unit: RequestRate.Unit) throws {
        let rates = try rates(count, per: unit)
        let now = 5 * Self.second
        let refused = (0..<count).compactMap { _ in rates.take(user(1), now: now) }
        #expect(refused.isEmpty)
        let wait = try #require(rates.take(user(1), now: now))
        let interval = UInt64(unit.seconds) * Self.second / UInt64(count)
        #expect(wait == interval)
        #expect(rates.take(user(1), now: now + wait - 1) == 1)
        #expect(rates.take(user(1), now: now + wait) == nil)
        #expect(rates.take(user(1), now: now + wait) != nil)
    }

    @Test func aRefusalCostsNothing() throws {
        let rates = try rates(1)
        #expect(rates.take(user(1), now: 0) == nil)
        for _ in 0..<50 { #expect(rates.take(user(1), now: 10) == Self.second - 10) }
        #expect(rates.take(user(1), now: Self.second) == nil)
    }

    @Test func usersHaveBucketsOfTheirOwn() throws {
        let rates = try rates(1)
        #expect(rates.take(user(1), now: 0) == nil)
        #expect(rates.take(user(2), now: 0) == nil)
        #expect(rates.take(user(1), now: 0) != nil)
    }

    @Test func aLongPauseFillsTheBucketOnceOnly() throws {
        let rates = try rates(2)
        #expect(rates.take(user(1), now: 0) == nil)
        let now = 1000 * Self.second
        #expect(rates.take(user(1), now: now) == nil)
        #expect(rates.take(user(1), now: now) == nil)
        #expect(rates.take(user(1), now: now) != nil)
    }

    @Test func aCallThatBeganBeforeTheLastOneIsNotFree() throws {
        let rates = try rates(1)
        #expect(rates.take(user(1), now: 100) == nil)
        #expect(rates.take(user(1), now: 50) == Self.second + 50)
    }

    @Test func usersAreForgottenWhenTheirBucketsAreFull() throws {
        let rates = try rates(1)
        for number in 0..<100 { #expect(rates.take(user(UInt64(number)), now: 0) == nil) }
        #expect(rates.count == 100)
        #expect(rates.take(user(500), now: 2 * Self.second) == nil)
        #expect(rates.count == 1)
    }

    /// Otherwise somebody with any number of identities would set everybody free.
    @Test func aCrowdNeitherGrowsTheTableNorSetsAnybodyFree() throws {
        let rates = try rates(1, per: .minute)
        #expect(rates.take(user(1), now: 1) == nil)
        for number in 2..<1000 { #expect(rates.take(user(UInt64(number)), now: 2) == nil) }
        #expect(rates.count == 100)
        #expect(rates.take(user(1), now: 3) != nil)
    }
}
