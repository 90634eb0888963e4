import Testing

@testable import Libevent

@Suite struct EventLoopTests {
    @Test func jobsRunOnTheLoopsThread() async throws {
        let actor = try LoopActor()
        #expect(await actor.run { $0.loop.isCurrent })
        #expect(!actor.loop.isCurrent)
    }

    @Test func aDetachedTaskWithThePreferenceStaysThere() async throws {
        let actor = try LoopActor()
        let loop = actor.loop
        let onLoop = await Task.detached(executorPreference: loop) { () -> Bool in
            await Task.yield()
            return loop.isCurrent
        }.value
        #expect(onLoop)
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
        #expect(try await Resolver.addresses(of: "::1", port: 80).first?.text == "[::1]:80")
        #expect(try await Resolver.addresses(of: "localhost", port: 81).contains { $0.text == "127.0.0.1:81" })
        await #expect(throws: ResolveFault.self) { try await Resolver.addresses(of: "no.such.invalid", port: 1) }
    }
}
