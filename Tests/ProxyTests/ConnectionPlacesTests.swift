import Bytes
import Libevent
import Testing

@testable import Proxy

/// Places where many can come for them at once.
private actor Door {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let places: ConnectionPlaces
    private(set) var entered: [String] = []
    private(set) var most = 0
    private var inside = 0

    init(_ count: Int) throws {
        loop = try EventLoop()
        try loop.start()
        places = ConnectionPlaces(count, on: loop)
    }

    deinit { loop.stop() }

    var inLine: Int { places.inLine }

    /// - Parameter user: the first word of the name stands for one.
    func enter(_ name: String, within milliseconds: UInt64 = 10_000, until gate: Gate) async -> Bool {
        let user = Digest256(words: (UInt64(name.utf8.first ?? 0), 0, 0, 0))
        guard await places.take(for: user, within: milliseconds) else { return false }
        entered.append(name)
        inside += 1
        most = max(most, inside)
        await gate.pass()
        inside -= 1
        places.give()
        return true
    }

    func waits(for count: Int) async { while inLine < count { await Task.yield() } }
}

@Suite struct ConnectionPlacesTests {
    @Test func noMoreThanThereAreAndEverybodyGetsATurn() async throws {
        let (door, gate) = (try Door(3), Gate())
        let answers = await withTaskGroup { group in
            for i in 0..<40 { group.addTask { await door.enter("\(i)", until: gate) } }
            await door.waits(for: 37)
            await gate.open()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(answers == 40)
        #expect(await door.most <= 3)
    }

    @Test func usersTakeTurns() async throws {
        let (door, gate) = (try Door(1), Gate())
        await withTaskGroup { group in
            group.addTask { await door.enter("first", until: gate) }
            while await door.entered.isEmpty { await Task.yield() }
            for (i, name) in ["a1", "a2", "a3", "b1", "c1", "b2"].enumerated() {
                group.addTask { await door.enter(name, until: gate) }
                await door.waits(for: i + 1)
            }
            await gate.open()
            await group.waitForAll()
        }
        #expect(await door.entered == ["first", "a1", "b1", "c1", "a2", "b2", "a3"])
    }

    @Test func whoWaitedTooLongLeavesTheLineInOrder() async throws {
        let (door, gate) = (try Door(1), Gate())
        async let first = door.enter("first", until: gate)
        while await door.entered.isEmpty { await Task.yield() }
        #expect(await door.enter("late", within: 1, until: gate) == false)
        #expect(await door.inLine == 0)
        await gate.open()
        #expect(await first)
        #expect(await door.enter("next", until: gate))
    }

    @Test func theLineHasAnEnd() async throws {
        let (door, gate) = (try Door(1), Gate())
        await withTaskGroup { group in
            group.addTask { await door.enter("first", until: gate) }
            while await door.entered.isEmpty { await Task.yield() }
            for i in 0..<256 { group.addTask { await door.enter("a\(i)", until: gate) } }
            await door.waits(for: 256)
            #expect(await door.enter("a", until: gate) == false, "one user has no more of it")
            group.addTask { await door.enter("b", until: gate) }
            await door.waits(for: 257)
            await gate.open()
            #expect(await group.allSatisfy { $0 })
        }
    }
}

@Suite struct ProviderClockTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT
    static let theirs = 784_111_777

    @Test(arguments: [(0, nil), (30, nil), (-30, nil), (31, -31), (-31, 31), (7200, -7200)] as [(Int, Int?)])
    func warnsOfALargeDifference(_ ours: Int, _ ahead: Int?) {
        var clock = ProviderClock()
        #expect(clock.warning(date: "Sun, 06 Nov 1994 08:49:37 GMT", now: Self.theirs + ours) == ahead)
    }

    @Test func doesNotRepeatItself() {
        var clock = ProviderClock()
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(clock.warning(date: date, now: Self.theirs + 100) == -100)
        #expect(clock.warning(date: date, now: Self.theirs + 101) == nil)
        #expect(clock.warning(date: date, now: Self.theirs + 3700) == -3700)
    }

    @Test(arguments: ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT"]) func needsADate(_ text: String) {
        var clock = ProviderClock()
        #expect(clock.warning(date: text, now: Self.theirs) == nil)
    }
}
