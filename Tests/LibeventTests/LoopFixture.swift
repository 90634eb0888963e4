import Testing

@testable import Libevent

/// An actor on a loop of its own thread, as every worker is.
actor LoopActor {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init() throws {
        loop = try EventLoop()
        try loop.start()
    }

    deinit { loop.stop() }

    func run<T: Sendable>(_ body: @Sendable (isolated LoopActor) async throws -> T) async rethrows -> T {
        try await body(self)
    }
}

let loopback = try! Resolver.addressesBlocking(of: "127.0.0.1", port: 0)[0]
