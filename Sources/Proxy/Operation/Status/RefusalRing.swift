internal import Bytes
internal import Glibc
internal import Libevent
internal import MCP
internal import Synchronization

/// A call that was refused, as the operator sees it.
struct RefusedCall: Sendable {
    /// Seconds since 1970.
    let at: Int
    /// The server's name; empty where none was reached.
    let server: String
    let refusal: Refusal
    let status: Int
    let id: RequestID
    /// As the log names the user; empty where nobody is known.
    let user: String
    /// What to do about it.
    let advice: String
    /// For their order: monotonic nanoseconds.
    var moment = EventLoop.nanoseconds
}

extension RefusedCall {
    init(_ call: Call, _ refusal: Refusal) {
        self.init(
            at: time(nil), server: call.service?.name ?? "", refusal: refusal, status: call.status, id: call.id,
            user: String(decoding: call.userHash, as: UTF8.self), advice: call.advice ?? refusal.operatorAdvice)
    }

    /// A request that never became a call.
    init(_ refusal: Refusal, status: Int, id: RequestID) {
        self.init(
            at: time(nil), server: "", refusal: refusal, status: status, id: id, user: "",
            advice: refusal.operatorAdvice)
    }
}

/// One worker's last refusals. Each worker has its own, so that a flood of them contends for no lock.
final class RefusalRing: Sendable {
    /// How many are kept.
    static let most = 50

    /// The oldest is at `next` once there are `most`.
    private let kept = Mutex<(calls: [RefusedCall], next: Int)>(([], 0))

    func note(_ call: RefusedCall) {
        kept.withLock {
            if $0.calls.count < Self.most { $0.calls.append(call) } else { $0.calls[$0.next] = call }
            $0.next = ($0.next &+ 1) % Self.most
        }
    }

    /// The newest of all rings, newest first.
    static func newest(of rings: [RefusalRing]) -> [RefusedCall] {
        let all = rings.flatMap { ring in ring.kept.withLock { $0.calls[$0.next...] + $0.calls[..<$0.next] } }
        return Array(all.sorted { $0.moment > $1.moment }.prefix(most))
    }
}
