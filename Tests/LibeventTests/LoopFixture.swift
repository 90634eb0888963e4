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
        // With the preference that connections have, so that no step waits for the global pool.
        try await withTaskExecutorPreference(loop) { try await body(self) }
    }
}

/// 127.0.0.1 and a port of the kernel's choice.
func loopback() throws -> SocketAddress {
    try #require(Resolver.addressesBlocking(of: "127.0.0.1", port: 0).first)
}
