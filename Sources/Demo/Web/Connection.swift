internal import Bytes
internal import HTTP1
internal import Libevent

/// Why a connection was given up.
package enum ConnectionFault: Error, Sendable {
    /// The peer ended it, or it broke, before a message was whole.
    case cutOff
    /// The peer said nothing for too long.
    case timedOut
    /// A head that is none.
    case head
    /// A body that is none, or is larger than this demo takes.
    case body
    /// Nobody listens there.
    case refused
}

/// One connection's bytes, waited for.
final class Connection {
    let stream: Stream
    private let loop: EventLoop
    private let wakeup: Wakeup
    private let inbound = ByteBuffer(capacity: 4096)
    /// More than any message of the demo.
    private static let largestBody = 8 << 20

    init(_ stream: Stream, on loop: EventLoop) {
        self.stream = stream
        self.loop = loop
        wakeup = Wakeup(on: loop)
        stream.wakeup = wakeup
    }

    func close() {
        stream.close()
        wakeup.invalidate()
    }

    /// Suspends until more bytes have come.
    /// - Returns: false at the peer's orderly end.
    private func readMore(within milliseconds: Int) async throws(ConnectionFault) -> Bool {
        wakeup.expire(after: milliseconds)
        defer { wakeup.neverExpire() }
        while true {
            switch stream.read(into: inbound, limit: 65536) {
            case .bytes: return true
            case .end: return false
            case .failed: throw .cutOff
            case .wouldBlock:
                await wakeup.wait()
                if wakeup.expired { throw .timedOut }
            }
        }
    }

    /// Reads a head and drops its bytes.
    /// - Returns: nil when the peer ended before its first byte.
    func head<Head>(
        within milliseconds: Int, _ parse: (Span<UInt8>, inout Int) throws(HeadFault) -> (Head, Int)?
    ) async throws(ConnectionFault) -> Head? {
        var scanned = 0
        while true {
            if let (head, count) = try parseHead(parse, &scanned) {
                inbound.consume(count)
                return head
            }
            guard try await readMore(within: milliseconds) else {
                if inbound.isEmpty { return nil }
                throw .cutOff
            }
        }
    }

    private func parseHead<Head>(
        _ parse: (Span<UInt8>, inout Int) throws(HeadFault) -> (Head, Int)?, _ scanned: inout Int
    ) throws(ConnectionFault) -> (Head, Int)? {
        do throws(HeadFault) {
            return try inbound.withSpan { bytes throws(HeadFault) in try parse(bytes, &scanned) }
        } catch { throw .head }
    }

    /// The next bytes of a body.
    /// - Returns: nil at its end.
    func bodyPart(_ decoder: inout BodyDecoder, within milliseconds: Int) async throws(ConnectionFault) -> [UInt8]? {
        while !decoder.isComplete {
            let payload = try decode(&decoder)
            if !payload.isEmpty { return payload }
            if decoder.isComplete { break }
            guard try await readMore(within: milliseconds) else {
                do throws(BodyFault) { try decoder.end() } catch { throw .cutOff }
                break
            }
        }
        return nil
    }

    private func decode(_ decoder: inout BodyDecoder) throws(ConnectionFault) -> [UInt8] {
        do throws(BodyFault) {
            let (part, payload) = try inbound.withSpan { bytes throws(BodyFault) in
                let part = try decoder.decode(bytes)
                return (part, bytes.array(part.payload))
            }
            inbound.consume(part.consumed)
            return payload
        } catch { throw .body }
    }

    /// A whole body.
    func body(_ framing: BodyFraming, within milliseconds: Int) async throws(ConnectionFault) -> [UInt8] {
        var decoder = BodyDecoder(framing)
        var body: [UInt8] = []
        while let part = try await bodyPart(&decoder, within: milliseconds) {
            body += part
            guard body.count <= Self.largestBody else { throw .body }
        }
        return body
    }

    /// Suspends until the peer has left; what it still sends is dropped.
    func peerLeft() async {
        while (try? await readMore(within: 3_600_000)) == true { inbound.removeAll() }
    }

    /// Suspends for a while on a timer of its own, deaf to the stream.
    func sleep(milliseconds: Int) async {
        let timer = Wakeup(on: loop)
        await timer.sleep(milliseconds: milliseconds)
        timer.invalidate()
    }
}
