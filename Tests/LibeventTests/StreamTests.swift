import Bytes
import Synchronization
import Testing

@testable import Libevent

@Suite struct StreamTests {
    /// Accepts one connection on `actor`'s loop and hands over its descriptor.
    private static func pair(_ actor: isolated LoopActor) async throws -> (near: Stream, far: Stream) {
        let accepted = Mutex<Int32>(-1)
        let arrived = Wakeup(on: actor.loop)
        defer { arrived.invalidate() }
        let listener = try Listener(adopting: try Listener.bind(loopback()), on: actor.loop) { descriptor in
            accepted.withLock { $0 = descriptor }
            arrived.fire()
        }
        let near = try await Stream.connect(to: "127.0.0.1", port: listener.address.port, on: actor.loop, within: 5000)
        while accepted.withLock({ $0 }) < 0 { await arrived.wait() }
        return (near, Stream(adopting: accepted.withLock { $0 }, on: actor.loop))
    }

    private static func readAll(_ stream: Stream, _ count: Int, on loop: EventLoop) async -> ByteBuffer {
        let buffer = ByteBuffer()
        let wakeup = Wakeup(on: loop)
        defer { wakeup.invalidate() }
        stream.wakeup = wakeup
        while buffer.count < count {
            switch stream.read(into: buffer, limit: 65536) {
            case .bytes: continue
            case .wouldBlock: await wakeup.wait()
            case .end, .failed: return buffer
            }
        }
        return buffer
    }

    @Test func carriesBytesBothWaysAndSeesTheEnd() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let (near, far) = try await Self.pair(actor)
            let out = ByteBuffer()
            out.append("ping" as StaticString)
            near.send(out)
            #expect(await Self.readAll(far, 4, on: actor.loop).bytes == Array("ping".utf8))
            far.close()
            #expect(await Self.readAll(near, 1, on: actor.loop).isEmpty)
        }
    }

    @Test func whatTheKernelRefusesWaitsAndArrivesInOrder() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let (near, far) = try await Self.pair(actor)
            let size = 8 << 20
            let out = ByteBuffer(capacity: size)
            for i in 0..<size { out.append(byte: UInt8(truncatingIfNeeded: i &* 31 >> 3)) }
            let sent = out.bytes
            near.send(out)
            #expect(near.backlog > 0)
            let got = await Self.readAll(far, size, on: actor.loop)
            #expect(got.bytes == sent)
            #expect(near.backlog == 0)
        }
    }

    @Test func connectingToAClosedPortIsRefused() async throws {
        let actor = try LoopActor()
        _ = await actor.run { actor in
            await #expect(throws: ConnectFault.self) {
                let bound = try Listener.bind(loopback())
                let port = try #require(Listener.address(of: bound)).port
                _ = try Listener(adopting: bound, on: actor.loop) { _ in }.close()
                _ = try await Stream.connect(to: "127.0.0.1", port: port, on: actor.loop, within: 2000)
            }
        }
    }

    @Test func streamsAreFreedWhenLetGo() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            weak var near: Stream?
            weak var far: Stream?
            do {
                let both = try await Self.pair(actor)
                (near, far) = both
                #expect(near != nil && far != nil)
            }
            #expect(near == nil && far == nil)
        }
    }

    /// The head may hold one user's token, and the buffer is the next user's.
    @Test func aHeadNeverStaysInItsBufferWhateverBecomesOfTheStream() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let (near, far) = try await Self.pair(actor)
            near.close()
            let head = ByteBuffer()
            head.append("secret" as StaticString)
            let body = [UInt8](repeating: 1, count: 4096)
            unsafe body.withUnsafeBytes { unsafe near.send(head, $0) }
            #expect(head.isEmpty)
            far.close()
        }
    }
}
