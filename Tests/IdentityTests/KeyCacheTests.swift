import Testing

@testable import Identity

/// What a lookup said, comparable.
enum Said: Equatable {
    case use, useAndRefresh, fetch, join, unknownKey, unavailable(Int)
}

/// A key cache and a clock.
struct CacheStory {
    var cache = KeyCache()
    var now = 1_000_000
    var flight: KeyFlight?
    let keys: KeySet

    init() throws { keys = try Issuer().keys() }

    mutating func ask(_ keyID: String? = "k1") -> Said {
        switch cache.lookup(keyID: keyID, now: now) {
        case .use: return .use
        case .useAndRefresh(_, let flight):
            self.flight = flight
            return .useAndRefresh
        case .fetch(let flight):
            self.flight = flight
            return .fetch
        case .join(let joined): return joined == flight ? .join : .unknownKey
        case .unknownKey: return .unknownKey
        case .unavailable(let pause): return .unavailable(pause)
        }
    }

    mutating func end(_ good: Bool, keys other: KeySet? = nil) {
        if let flight { cache.finished(flight, fetched: good ? other ?? keys : nil, now: now) }
    }

    /// A cache that has just fetched.
    static func warm() throws -> CacheStory {
        var story = try CacheStory()
        #expect(story.ask() == .fetch)
        story.end(true)
        return story
    }
}

@Suite struct KeyCacheTests {
    @Test func oneFetchForAll() throws {
        var story = try CacheStory()
        #expect(!story.cache.isReady(now: story.now))
        #expect(story.ask() == .fetch)
        #expect(story.ask() == .join)
        #expect(story.ask("other") == .join)
        #expect(story.ask(nil) == .join)
        story.end(true)
        #expect(story.cache.isReady(now: story.now))
        #expect(story.ask() == .use)
        #expect(story.ask(nil) == .use)
    }

    @Test func anOutageIsNotHammeredAndEndsSoon() throws {
        var story = try CacheStory()
        #expect(story.ask() == .fetch)
        story.end(false)
        #expect(story.ask() == .unavailable(3))
        story.now += 2
        #expect(story.ask("other") == .unavailable(1))
        story.now += 1
        #expect(story.ask() == .fetch)
        #expect(story.ask() == .join)
        story.end(true)
        #expect(story.ask() == .use)
    }

    @Test func refreshesHourlyInTheBackground() throws {
        var story = try CacheStory.warm()
        story.now += 3599
        #expect(story.ask() == .use)
        story.now += 1
        #expect(story.ask() == .useAndRefresh)
        #expect(story.ask() == .use)
        story.end(true)
        #expect(story.ask() == .use)
        story.now += 3599
        #expect(story.ask() == .use)
        story.now += 1
        #expect(story.ask() == .useAndRefresh)
    }

    @Test func aFailedRefreshKeepsTheLastGoodKeys() throws {
        var story = try CacheStory.warm()
        story.now += 3600
        #expect(story.ask() == .useAndRefresh)
        story.end(false)
        #expect(story.ask() == .use)
        story.now += 59
        #expect(story.ask() == .use)
        story.now += 1
        #expect(story.ask() == .useAndRefresh)
        story.end(true)
        #expect(story.ask() == .use)
    }

    @Test func keysCountForADay() throws {
        var story = try CacheStory.warm()
        story.now += 86_399
        #expect(story.ask() == .useAndRefresh)
        story.end(false)
        story.now += 1
        #expect(!story.cache.isReady(now: story.now))
        #expect(story.ask() == .unavailable(2))
        story.now += 2
        #expect(story.ask() == .fetch)
        story.end(true)
        #expect(story.ask() == .use)
    }

    @Test func anUnknownNameFetchesOnceInFiveMinutes() throws {
        var story = try CacheStory.warm()
        #expect(story.ask("new") == .fetch)
        #expect(story.ask("new") == .join)
        #expect(story.ask("newer") == .join)
        #expect(story.ask() == .use)
        story.end(true)
        #expect(story.ask("new") == .unknownKey)
        #expect(story.ask("newer") == .unknownKey)
        #expect(story.ask() == .use)
        story.now += 299
        #expect(story.ask("new") == .unknownKey)
        story.now += 1
        #expect(story.ask("new") == .fetch)
    }

    @Test func rotationIsFollowed() throws {
        var story = try CacheStory.warm()
        #expect(story.ask("k2") == .fetch)
        let rotated = try Issuer().keys(["kid": "k2"])
        story.end(true, keys: rotated)
        #expect(story.ask("k2") == .use)
        // A key that the issuer took back is gone.
        #expect(story.ask("k1") == .unknownKey)
    }

    @Test func aFailedFetchForAnUnknownNameKeepsTheOthers() throws {
        var story = try CacheStory.warm()
        #expect(story.ask("new") == .fetch)
        story.end(false)
        #expect(story.ask("new") == .unknownKey)
        #expect(story.ask() == .use)
        story.now += 300
        #expect(story.ask("new") == .fetch)
    }

    @Test func anUnknownNameJoinsARefreshAndMayStillFetch() throws {
        var story = try CacheStory.warm()
        story.now += 3600
        #expect(story.ask() == .useAndRefresh)
        #expect(story.ask("new") == .join)
        story.end(false)
        #expect(story.ask("new") == .fetch)
    }

    @Test func aLateAnswerOfAnotherFetchIsIgnored() throws {
        var story = try CacheStory()
        #expect(story.ask() == .fetch)
        let first = try #require(story.flight)
        story.end(false)
        story.now += 3
        #expect(story.ask() == .fetch)
        story.cache.finished(first, fetched: story.keys, now: story.now)
        #expect(story.ask() == .join)
        story.end(false)
        story.cache.finished(first, fetched: story.keys, now: story.now)
        #expect(story.ask() == .unavailable(3))
    }

    @Test func aClockSetBackHarmsNobody() throws {
        var story = try CacheStory.warm()
        story.now -= 500_000
        #expect(story.ask() == .use)
        #expect(story.ask("new") == .fetch)
        story.end(false)
        story.now -= 1000
        #expect(story.ask("new") == .fetch)
        var cold = try CacheStory()
        #expect(cold.ask() == .fetch)
        cold.end(false)
        cold.now -= 100_000
        #expect(cold.ask() == .fetch)
    }
}
