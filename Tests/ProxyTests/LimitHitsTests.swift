import Logging
import Testing

@testable import Proxy

@Suite struct LimitHitsTests {
    private let book = LogBook()
    private let hits: LimitHits

    init() { hits = LimitHits(book.logger()) }

    private var told: [String] {
        book.events.map { "\($0.metadata?["setting"] ?? "") \($0.metadata?["count"] ?? "")" }
    }

    @Test func theFirstIsToldAtOnceAndTheRestOfTheSecondTogether() {
        for _ in 0..<5 { hits.reached(.connections, now: 100) }
        #expect(told == ["limits.connections 1"])
        hits.tellRest(now: 1099)
        #expect(told.count == 1)
        hits.tellRest(now: 1100)
        #expect(told.last == "limits.connections 4")
        hits.tellRest(now: 5000)
        #expect(told.count == 2)
        hits.reached(.connections, now: 5000)
        #expect(told.last == "limits.connections 1")
        #expect(hits.total(.connections) == 6)
    }

    @Test func oneLimitDoesNotSilenceAnother() {
        hits.reached(.connections, now: 100)
        hits.reached(.header, now: 100)
        #expect(told == ["limits.connections 1", "timeouts.header 1"])
        #expect(hits.total(.body) == 0)
    }

    @Test func settingsAreNamedOnce() {
        #expect(Set(Limit.allCases.map(\.setting)).count == Limit.allCases.count)
    }
}
