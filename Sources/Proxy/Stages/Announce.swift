internal import Bytes
internal import HTTP1
internal import Identity
internal import Libevent
internal import Logging
internal import MCP

/// The older transport (MCP 2024-11-05): the event stream that answers a GET says where to post. Clients post to where
/// they are told, so what they are told leads back here, and what they post to is what this user was told.
extension Worker {
    /// Checks that the user was told to post there, and finds the server's own target in it.
    func checkEndpoint(_ call: Call, of user: UserToken, at service: Service) throws(Interruption) {
        guard service.endpoints != nil, call.head.method == .post else { return }
        let (owner, head) = (call.sessionOwner(user, at: service), call.head)
        call.endpoint = call.withBytes(head.path.part(service.pathBytes.count..<Int(head.path.count))) { path in
            call.withBytes(head.query ?? ByteRange()) { call.shared.sessions.target(path: path, query: $0, for: owner) }
        }
        if call.endpoint == nil { throw .refused(.sessionMismatch) }
    }

    /// What rewrites the announcement in a server's answer; nil where none can be.
    func announcement(
        in head: ResponseHead, _ call: Call, _ upstream: Upstream
    ) throws(Interruption) -> Announcement? {
        guard let base = upstream.service.endpoints, call.head.method == .get else { return nil }
        if !head.isEventStream && !(200...299 ~= head.status && head.framing != .none) { return nil }
        // Events that can't be read here might be read by the client all the same.
        guard head.isEventStream, upstream.sendsPlain(head), let user = call.user else {
            throw .refused(.upstreamProtocol)
        }
        return Announcement(base, upstream.service, call.shared.sessions, call.sessionOwner(user, at: upstream.service))
    }

    /// The server's stream has ended, if it may end so.
    func endAnnouncement(in answer: AnswerBody, _ call: Call) throws(Interruption) {
        do { try answer.announcement?.end() } catch { throw broken(call, error.rawValue) }
    }

    /// Notes what the operator can mend; the client gets what came before and sees its stream break off.
    func broken(_ call: Call, _ fault: String) -> Interruption {
        if !out.isEmpty { call.client.stream.send(out) }
        call.refusal = .upstreamProtocol
        call.shared.log.warning(
            "event stream broken off",
            metadata: [
                "server": "\(call.service?.name ?? "")", "request_id": "\(call.id)", "fault": "\(fault)",
            ])
        return .refused(.upstreamProtocol)
    }
}

/// An event stream on its way to a client that is to be told where to post.
final class Announcement {
    private var rewriter = EndpointRewriter()
    private let base: EndpointBase
    private let prefix: [UInt8]
    private let key: SessionKey
    private let owner: SessionKey.Owner

    init(_ base: EndpointBase, _ service: Service, _ key: SessionKey, _ owner: SessionKey.Owner) {
        (self.base, prefix, self.key, self.owner) = (base, service.pathBytes, key, owner)
    }

    /// Puts what may go on of the server's bytes into `passed`.
    func pass(_ bytes: Span<UInt8>, to passed: ByteBuffer) throws(EndpointFault) {
        try rewriter.read(bytes, to: passed) { data throws(EndpointFault) in
            prefix + key.announce(try base.target(of: data), for: owner)
        }
    }

    /// The server's stream has ended.
    func end() throws(EndpointFault) { try rewriter.end() }
}

extension Upstream {
    /// Whether a body's bytes are its content's, by what common servers say where they mean so.
    func sendsPlain(_ head: ResponseHead) -> Bool {
        peer.withInput { bytes in
            head.fields.allSatisfy { field in
                guard field.id == .contentEncoding else { return true }
                guard field.value.upperBound <= bytes.count else { return false }
                let coding = bytes.extracting(field.value.range)
                return ["identity", "none"].contains { equal(coding, $0.utf8.span) }
            }
        }
    }
}
