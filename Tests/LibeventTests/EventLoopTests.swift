import Dispatch
import Synchronization
import Testing

@testable import Libevent

@Suite struct EventLoopTests {
    @Test func jobsRunOnTheLoopsThread() async throws {
        let actor = try LoopActor()
        #expect(await actor.run { $0.loop.isCurrent })
        #expect(!actor.loop.isCurrent)
    }

    @Test func aLoopThatHasEndedHasNoThread() throws {
        let loop = try EventLoop()
        loop.stop()
        loop.run()
        #expect(!loop.isCurrent)
    }

    @Test func anActorsTaskStaysThere() async throws {
        let actor = try LoopActor()
        let stayed = await actor.run { actor in
            let wakeup = Wakeup(on: actor.loop)
            defer { wakeup.invalidate() }
            var stayed = true
            for _ in 0..<3 {
                await wakeup.sleep(milliseconds: 1)
                stayed = stayed && actor.loop.isCurrent
            }
            return stayed
        }
        #expect(stayed)
    }

    @Test func deadlinesFireAndAreForgotten() async throws {
        let actor = try LoopActor()
        await actor.run { actor in
            let wakeup = Wakeup(on: actor.loop)
            wakeup.expire(after: 1)
            await wakeup.wait()
            #expect(wakeup.expired)
            wakeup.invalidate()
        }
    }

    @Test func aFireBeforeTheWaitIsNotLost() async throws {
        let actor = try LoopActor()
        await actor.run { actor in
            let wakeup = Wakeup(on: actor.loop)
            wakeup.fire()
            await wakeup.wait()
            wakeup.invalidate()
        }
    }

    @Test func loopsAreFreedAfterTheyStop() async throws {
        weak var loop: EventLoop?
        do {
            let actor = try LoopActor()
            loop = actor.loop
            _ = await actor.run { $0.loop.isCurrent }
        }
        // The thread lets go of its reference a moment after `stop`.
        for _ in 0..<1000 where loop != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(loop == nil)
    }

    @Test func aThousandLoopsLeaveNoDescriptors() throws {
        for _ in 0..<1000 { _ = try EventLoop() }
    }
}

@Suite struct ResolverTests {
    @Test func literalsAndNames() async throws {
        func addresses(_ host: String, _ port: UInt16) async throws -> [SocketAddress] {
            try await Resolver.addresses(of: host, port: port, within: 30_000)
        }
        #expect(try await addresses("::1", 80).first?.text == "[::1]:80")
        #expect(try await addresses("localhost", 81).contains { $0.text == "127.0.0.1:81" })
        await #expect(throws: ResolveFault.self) { try await addresses("no.such.invalid", 1) }
    }

    @Test func aDeadNameServerIsNotWaitedForBeyondTheTime() async throws {
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        await #expect {
            try await Resolver.answer(to: "dead", within: 50) {
                gate.wait()
                return .success([])
            }
        } throws: {
            if case .timedOut? = $0 as? ResolveFault { true } else { false }
        }
    }

    @Test func aBurstForOneNameIsOneLookUp() async throws {
        let here = try loopback()
        let gate = DispatchSemaphore(value: 0)
        let asked = Atomic<Int>(0)
        let ask: @Sendable @concurrent () async throws -> Int = {
            try await Resolver.answer(to: "burst", within: 10_000) {
                asked.add(1, ordering: .relaxed)
                gate.wait()
                return .success([here])
            }.count
        }
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await ask() } }
            while Resolver.askers(of: "burst") < 100 { await Task.yield() }
            gate.signal()
            return try await group.reduce(0, +)
        }
        #expect(found == 100)
        #expect(asked.load(ordering: .relaxed) == 1)
    }
}
