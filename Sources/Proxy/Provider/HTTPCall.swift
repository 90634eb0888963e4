internal import Bytes
internal import HTTP1
internal import Libevent
internal import OpenSSL

/// One answer to a request of our own, whole.
struct HTTPReply: CustomStringConvertible, CustomReflectable {
    let status: Int
    let contentType: String
    let retryAfter: String
    let date: String
    /// A token may be in it, so no description shows it.
    let body: [UInt8]

    var description: String { "[reply]" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a request of our own got no answer. Nothing of the answer is in it.
enum CallFault: Error {
    case dial(DialFault)
    case timedOut
    /// Closed before an answer began.
    case noAnswer
    /// Closed or broken before the answer was whole.
    case cutOff
    /// Not HTTP.
    case malformed
    /// More than we read from a provider.
    case tooLarge

    /// What an operator reads.
    var text: String {
        switch self {
        case .dial(let fault): fault.text
        case .timedOut: "no whole answer in time"
        case .noAnswer: "the connection was closed without an answer"
        case .cutOff: "the connection was closed before the answer was whole"
        case .malformed: "the answer is not well-formed HTTP"
        case .tooLarge: "the answer is larger than 1 MiB"
        }
    }
}

/// Requests of our own to one origin, with keep-alive. Lives on the control loop, away from the requests' loops.
final class HTTPCaller {
    let endpoint: Endpoint
    private let loop: EventLoop
    private let pool = BufferPool()
    private let kept: Int
    private var idle: [(peer: Peer, since: UInt64)] = []
    /// How long a connection is kept. Routers and balancers drop silent ones without a word, and the next exchange
    /// would wait out a whole attempt on them.
    private static let patience: UInt64 = 30_000
    private static let largestBody = 1 << 20

    private static let limits = HeadLimits(bytes: 32 * 1024)

    /// - Parameter kept: connections that are kept for the next calls.
    init(_ endpoint: Endpoint, on loop: EventLoop, keeping kept: Int = 0) {
        self.endpoint = endpoint
        self.loop = loop
        self.kept = kept
    }

    /// Sends `request`, a whole message, and reads the whole answer.
    func call(_ request: ByteBuffer, _ method: Method, within milliseconds: Int) async throws(CallFault) -> HTTPReply {
        let wakeup = Wakeup(on: loop)
        defer { wakeup.invalidate() }
        let deadline = EventLoop.now &+ UInt64(max(milliseconds, 1))
        let (peer, isReused) = try await connection(wakeup, until: deadline)
        do {
            return try await exchange(request, method, on: peer, wakeup, until: deadline)
        } catch {
            peer.stream.close()
            // A kept connection may have been closed by the peer while it lay idle. What only reads may go out again at
            // once, on a fresh one (RFC 9110 §9.2.2); of a POST nobody knows whether it was acted on.
            guard case .noAnswer = error, isReused, method == .get else { throw error }
        }
        let fresh = try await dial(wakeup, until: deadline)
        do { return try await exchange(request, method, on: fresh, wakeup, until: deadline) } catch {
            fresh.stream.close()
            throw error
        }
    }

    private func connection(_ wakeup: Wakeup, until deadline: UInt64) async throws(CallFault) -> (Peer, Bool) {
        let now = EventLoop.now
        while let (peer, since) = idle.popLast() {
            if now &- since < Self.patience && !peer.fill() && !peer.hasEnded && peer.buffered == 0 {
                return (peer, true)
            }
            peer.stream.close()
        }
        return (try await dial(wakeup, until: deadline), false)
    }

    private func dial(_ wakeup: Wakeup, until deadline: UInt64) async throws(CallFault) -> Peer {
        do {
            let left = EventLoop.left(until: deadline)
            return Peer(try await endpoint.connect(on: loop, wakeup, within: max(left, 1)), pool: pool)
        } catch { throw .dial(error) }
    }

    private func exchange(
        _ request: ByteBuffer, _ method: Method, on peer: Peer, _ wakeup: Wakeup, until deadline: UInt64
    ) async throws(CallFault) -> HTTPReply {
        peer.stream.wakeup = wakeup
        wakeup.neverExpire()
        wakeup.deadline = deadline
        unsafe request.withBytes { unsafe peer.stream.send($0) }
        let head = try await readHead(method, from: peer, wakeup)
        let reply = try await readBody(of: head, from: peer, wakeup)
        peer.stream.wakeup = nil
        let keep = head.keepAlive && !peer.hasEnded && peer.buffered == 0 && peer.stream.backlog == 0
        if keep && idle.count < kept { idle.append((peer, EventLoop.now)) } else { peer.stream.close() }
        return reply
    }

    private func readHead(_ method: Method, from peer: Peer, _ wakeup: Wakeup) async throws(CallFault) -> ResponseHead {
        var (scanned, interim) = (0, 0)
        while true {
            do {
                let head = try peer.withInput { bytes throws(HeadFault) in
                    bytes.isEmpty
                        ? nil : try ResponseHead.parse(bytes, answering: method, limits: Self.limits, scanned: &scanned)
                }
                if let head, head.status >= 200 { return head }
                if let head {
                    // Without a bound, one who goes on and on would have the control loop for itself.
                    interim += 1
                    guard interim <= 32 else { throw HeadFault.malformedStatusLine }
                    peer.consume(head.byteCount)
                    scanned = 0
                    continue
                }
            } catch { throw .malformed }
            if peer.fill() { continue }
            if peer.hasEnded || peer.stream.writeFailed { throw Self.fault(of: peer) }
            await wakeup.wait()
            if wakeup.expired { throw .timedOut }
        }
    }

    /// A peer that refuses our certificate says so only after the handshake, as far as we can see (RFC 8446 §4.4.2.4).
    private static func fault(of peer: Peer) -> CallFault {
        guard peer.buffered == 0 else { return .cutOff }
        let broken = (peer.stream.transport as? TLSTransport)?.fault
        guard let broken, case .alert(let number) = broken else { return .noAnswer }
        return .dial(.handshake(.refused(.alert(number))))
    }

    private func readBody(
        of head: ResponseHead, from peer: Peer, _ wakeup: Wakeup
    ) async throws(CallFault) -> HTTPReply {
        let text = { (id: FieldID) in
            peer.withInput { bytes in
                head.first(id).map { field in String(decoding: Array(bytes, field.value.range), as: UTF8.self) } ?? ""
            }
        }
        // We never ask for a content coding. A body that has one all the same is not what its type says, so it loses
        // its type; the status still counts.
        let isCoded = !["", "identity"].contains(text(.contentEncoding).lowercased())
        let contentType = isCoded ? "" : text(.contentType)
        let (retryAfter, date) = (text(.retryAfter), text(.date))
        peer.consume(head.byteCount)
        if case .length(let size) = head.framing, size > UInt64(Self.largestBody) { throw .tooLarge }
        var decoder = BodyDecoder(head.framing)
        var body: [UInt8] = []
        while true {
            do {
                let part = try peer.withInput { bytes throws(BodyFault) in
                    let part = try decoder.decode(bytes)
                    body.append(contentsOf: Array(bytes, part.payload))
                    return part
                }
                peer.consume(part.consumed)
                if body.count > Self.largestBody { throw CallFault.tooLarge }
                if part.consumed > 0 && !decoder.isComplete { continue }
                if decoder.isComplete { break }
                if peer.fill() { continue }
                if peer.hasEnded {
                    guard peer.ending == .end(clean: true), (try? decoder.end()) != nil else { throw CallFault.cutOff }
                    break
                }
            } catch let fault as CallFault {
                throw fault
            } catch { throw .malformed }
            await wakeup.wait()
            if wakeup.expired { throw .timedOut }
        }
        return HTTPReply(
            status: Int(head.status), contentType: contentType, retryAfter: retryAfter, date: date, body: body)
    }
}

extension Array where Element == UInt8 {
    /// Copies a part of a span.
    init(_ span: Span<UInt8>, _ range: Range<Int>) {
        self = []
        reserveCapacity(range.count)
        for i in range where i < span.count { append(span[i]) }
    }
}
