import Bytes
import HTTP1
import Libevent
import Synchronization

/// A loopback server that answers as a test's script says, and remembers what it was asked.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        /// From 1, over all connections.
        let number: Int
        /// From 1, in the order of acceptance.
        let connection: Int
        let head: String
        let body: String

        var path: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    enum Reply: Sendable {
        /// Bytes, and the connection stays.
        case send(String)
        /// Bytes, and the connection is closed.
        case sendAndClose(String)
        /// A whole answer, and then the close of a connection that promised to stay.
        case close
    }

    typealias Script = @Sendable (Request) async -> Reply

    let port: UInt16
    private let desk: Desk

    init(_ script: @escaping Script) async throws {
        desk = try Desk(script)
        port = try await desk.open()
    }

    deinit { desk.loop.stop() }

    var requests: [Request] { desk.seen.withLock { $0 } }
    var connections: Int { desk.accepted.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    static func answer(_ body: String, status: Int = 200, type: String = "application/json", _ fields: String...)
        -> String
    {
        let more = fields.map { "\($0)\r\n" }.joined()
        return
            "HTTP/1.1 \(status) Some\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
    }

    private actor Desk {
        nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        nonisolated let seen = Mutex<[Request]>([])
        nonisolated let accepted = Mutex(0)
        private let script: Script
        private var listener: Listener?

        init(_ script: @escaping Script) throws {
            self.script = script
            loop = try EventLoop()
            try loop.start()
        }

        func open() throws -> UInt16 {
            let address = try Resolver.addressesBlocking(of: "127.0.0.1", port: 0)[0]
            let listener = try Listener(adopting: try Listener.bind(address), on: loop) { descriptor in
                Task.detached(executorPreference: self.loop) { await self.serve(descriptor) }
            }
            self.listener = listener
            return listener.address.port
        }

        private func serve(_ descriptor: Int32) async {
            let connection = accepted.withLock { count in
                count += 1
                return count
            }
            let stream = Stream(adopting: descriptor, on: loop)
            let wakeup = Wakeup(on: loop)
            stream.wakeup = wakeup
            let input = ByteBuffer()
            while let (head, body) = await read(stream, wakeup, input) {
                let request = seen.withLock { seen in
                    seen.append(Request(number: seen.count + 1, connection: connection, head: head, body: body))
                    return seen[seen.count - 1]
                }
                let reply = await script(request)
                var closes = false
                switch reply {
                case .send(let text): stream.send(text)
                case .sendAndClose(let text):
                    stream.send(text)
                    closes = true
                case .close: closes = true
                }
                while stream.backlog > 0, !stream.writeFailed { await wakeup.wait() }
                if closes { break }
            }
            wakeup.invalidate()
            stream.close()
        }

        private func read(_ stream: Stream, _ wakeup: Wakeup, _ input: ByteBuffer) async -> (String, String)? {
            var scanned = 0
            while true {
                let head =
                    input.isEmpty
                    ? nil
                    : input.withSpan { try? RequestHead.parse($0, limits: HeadLimits(), scanned: &scanned) }
                if let head {
                    var size = 0
                    if case .length(let length) = head.framing { size = Int(length) }
                    if input.count >= head.byteCount + size {
                        let all = input.bytes
                        input.consume(head.byteCount + size)
                        let end = head.byteCount
                        return (
                            String(decoding: all[..<end], as: UTF8.self),
                            String(decoding: all[end..<(end + size)], as: UTF8.self)
                        )
                    }
                    scanned = 0
                }
                switch stream.read(into: input, limit: 65536) {
                case .bytes: continue
                case .wouldBlock: await wakeup.wait()
                case .end, .failed: return nil
                }
            }
        }
    }
}
