import Libevent
import Testing

@testable import Proxy

@Suite struct UpstreamPoolTests {
    private static func run(_ body: @Sendable (isolated LoopActor, UpstreamPool) async throws -> Void) async throws {
        let actor = try LoopActor()
        try await actor.run { actor in try await body(actor, UpstreamPool()) }
    }

    @Test func theLastUsedIsTakenFirstAndOnce() async throws {
        try await Self.run { actor, pool in
            let (one, other) = (SocketPair(on: actor.loop), SocketPair(on: actor.loop))
            pool.give(one.near, hint: nil)
            pool.give(other.near, hint: nil)
            #expect(pool.take() === other.near)
            #expect(pool.take() === one.near)
            #expect(pool.take() == nil)
            #expect(!one.near.stream.isClosed && !other.near.stream.isClosed)
        }
    }

    @Test func anIdleConnectionWakesNobody() async throws {
        try await Self.run { actor, pool in
            let pair = SocketPair(on: actor.loop)
            pair.near.stream.wakeup = Wakeup(on: actor.loop)
            pool.give(pair.near, hint: nil)
            #expect(pair.near.stream.wakeup == nil)
        }
    }

    /// The server closed it, or said what nobody asked for: in front of the next answer it would be taken for it.
    @Test(arguments: [nil, "HTTP/1.1 408 Request Timeout\r\n\r\n"])
    func aConnectionWithNewsIsNotTaken(_ news: String?) async throws {
        try await Self.run { actor, pool in
            let (quiet, spoiled) = (SocketPair(on: actor.loop), SocketPair(on: actor.loop))
            pool.give(quiet.near, hint: nil)
            // Known to be empty, as after an answer; only the loop can tell now.
            spoiled.near.fill()
            pool.give(spoiled.near, hint: nil)
            let noticed = Wakeup(on: actor.loop)
            spoiled.near.stream.wakeup = noticed
            if let news { spoiled.far.send(news) } else { spoiled.far.close() }
            while !spoiled.near.stream.mayRead { await noticed.wait() }
            noticed.invalidate()
            #expect(pool.take() === quiet.near)
            #expect(spoiled.near.stream.isClosed)
            #expect(pool.take() == nil)
        }
    }

    @Test func bytesLeftOverSpoilAConnection() async throws {
        try await Self.run { actor, pool in
            let pair = SocketPair(on: actor.loop)
            pair.far.send("left over")
            while pair.near.buffered == 0 { pair.near.fill() }
            pool.give(pair.near, hint: nil)
            #expect(pool.take() == nil)
            #expect(pair.near.stream.isClosed)
        }
    }

    /// Patience and hints: kept for a second less than the server said, four seconds without its word.
    @Test(arguments: [(nil, 4_000), (2, 1_000), (60, 59_000)] as [(Int?, UInt64)])
    func aConnectionIsKeptForItsTime(_ hint: Int?, _ kept: UInt64) async throws {
        try await Self.run { actor, pool in
            let (early, late) = (SocketPair(on: actor.loop), SocketPair(on: actor.loop))
            pool.give(early.near, hint: hint, now: 1_000)
            #expect(pool.take(now: 1_000 + kept - 1) === early.near)
            pool.give(late.near, hint: hint, now: 1_000)
            #expect(pool.take(now: 1_000 + kept) == nil)
            #expect(late.near.stream.isClosed)
        }
    }

    @Test(arguments: [0, 1]) func aHintOfNoTimeAtAllCloses(_ hint: Int) async throws {
        try await Self.run { actor, pool in
            let pair = SocketPair(on: actor.loop)
            pool.give(pair.near, hint: hint)
            #expect(pair.near.stream.isClosed)
            #expect(pool.take() == nil)
        }
    }

    @Test func sweepingClosesTheOldAndTheEndedAndKeepsTheRest() async throws {
        try await Self.run { actor, pool in
            let (old, ended, good) = (
                SocketPair(on: actor.loop), SocketPair(on: actor.loop), SocketPair(on: actor.loop)
            )
            pool.give(old.near, hint: 3, now: 0)
            pool.give(ended.near, hint: 60, now: 0)
            pool.give(good.near, hint: 60, now: 0)
            ended.far.close()
            pool.sweep(now: 2_000)
            #expect(old.near.stream.isClosed)
            #expect(ended.near.stream.isClosed)
            #expect(!good.near.stream.isClosed)
            #expect(pool.take(now: 2_000) === good.near)
        }
    }

    @Test func thePoolIsBounded() async throws {
        try await Self.run { actor, pool in
            let pairs = (0..<257).map { _ in SocketPair(on: actor.loop) }
            for pair in pairs { pool.give(pair.near, hint: nil) }
            #expect(pairs.filter { $0.near.stream.isClosed }.count == 1)
            pool.closeAll()
            #expect(pairs.allSatisfy { $0.near.stream.isClosed })
            #expect(pool.take() == nil)
        }
    }
}
