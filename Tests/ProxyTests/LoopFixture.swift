import Bytes
import Glibc
import Libevent

@testable import Proxy

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

/// A connected pair of sockets on one loop.
struct SocketPair {
    let near: Peer
    let far: Stream

    init(on loop: EventLoop) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0, "no sockets left")
        near = Peer(Stream(adopting: ends[0], on: loop), pool: BufferPool())
        far = Stream(adopting: ends[1], on: loop)
    }
}

extension Stream {
    func send(_ text: String) {
        let buffer = ByteBuffer()
        buffer.append(string: text)
        send(buffer)
    }
}

extension ByteBuffer {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Holds tasks back until somebody opens it.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for waiter in waiting { waiter.resume() }
        waiting.removeAll()
    }
}

/// Counts events and lets others wait for the n-th.
actor Tally {
    private(set) var count = 0
    private var waiting: [(at: Int, CheckedContinuation<Void, Never>)] = []

    func add() {
        count += 1
        for waiter in waiting where waiter.at <= count { waiter.1.resume() }
        waiting.removeAll { $0.at <= count }
    }

    func reached(_ number: Int) async {
        if count >= number { return }
        await withCheckedContinuation { waiting.append((number, $0)) }
    }
}
