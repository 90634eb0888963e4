internal import Bytes
internal import HTTP1
internal import Identity
internal import Libevent
internal import MCP
internal import OnBehalfOf

/// One request on its way: what the stages learn and what `account` writes down. Lives on its worker.
final class Call {
    let client: Client
    /// The settings that it began with and keeps, whatever is reloaded meanwhile.
    let shared: Shared
    private(set) var head: RequestHead
    /// Letters only: clients match on digits such as status codes.
    let id: RequestID
    let started = EventLoop.nanoseconds

    /// The server that the path names, once known.
    var service: Service?
    /// The user, once known.
    var user: UserToken?
    /// Where the bearer token lies in the head.
    var bearer = ByteRange()
    /// The bearer token's digest, once computed.
    var tokenDigest = Digest256()
    /// The token that was forwarded with.
    var minted: MintedToken?
    /// The session id without its keyed part, where the request named one.
    var session: [UInt8]?
    /// Where the server told the client to post, where the request is such a post.
    var endpoint: [UInt8]?

    /// The browser origin that was let through, which the answer must name.
    var origin: [UInt8]?
    /// The path as the access log names it.
    var path: [UInt8] = []

    /// The trace that the request is part of, where it names one. Its span here has the request id's bits.
    var trace: TraceContext?

    // What the access log and the metrics say.
    var status = 0
    var upstreamStatus = 0
    var lookup: TokenLookup?
    var exchangeNanoseconds: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var refusal: Refusal?
    /// What the operator does about it, where the provider has said more than the refusal does.
    var advice: String?
    /// What the provider demands of the next sign-in, for a caller who can act on it; never logged.
    var claims: String?
    /// Whether it asks for a server's metadata instead of the server.
    var asksForMetadata = false
    /// Seconds after which a retry makes sense, where the provider or its breaker has said so.
    var retryAfter: UInt64?

    /// Bytes of the request still in the client's buffer that belong to this call: the head, and a body
    /// that arrived whole with it. They stay there until an answer begins, because a refusal needs the
    /// JSON-RPC id and a proof that nothing was processed needs the body.
    var held: Int
    /// How the body ends: as the client has framed it, or by its length once it has been gathered out of its chunks.
    var framing: BodyFraming
    /// What is left of the request's body on the wire.
    var body: BodyDecoder
    /// Whether the body was begun to be forwarded piece by piece, so that it is no longer there to be read.
    var isStreamed = false
    /// What is kept of it then, as long as there is no answer.
    private var passed: PassedRequest?
    /// The user's token, once the head that it came in may be gone.
    private(set) var subject: Secret?
    /// Whether nobody reads its body any further.
    var leavesBody = false
    /// What its body takes of the room for bodies that are held as a whole.
    var share: BodyShare?
    /// Whether it asks for a list of tools that not all are for this server's users to see.
    var asksForTools = false

    init(_ head: RequestHead, id: RequestID, on client: Client, under shared: Shared) {
        self.client = client
        self.shared = shared
        self.head = head
        self.id = id
        held = head.byteCount
        framing = head.framing
        body = BodyDecoder(head.framing)
    }

    /// Lends a part of the head, which lies at the front of the client's buffer until `held` is let go.
    @inline(__always)
    func withBytes<R, E: Error>(_ range: ByteRange, _ use: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try client.peer.withInput { input throws(E) in
            try use(range.upperBound <= input.count ? input.extracting(range.range) : Span())
        }
    }

    /// Whether its head is still at the front of the client's buffer.
    var hasHead: Bool { held >= head.byteCount }

    /// Counts and tells that a limit stopped it.
    func reached(_ limit: Limit) { shared.lasting.limits.reached(limit) }

    /// The user as the access log names them.
    var userHash: [UInt8] { user?.logName ?? [] }

    /// Says a comment on an idle event stream, so that nobody on the way takes it for dead.
    func sayKeepAlive(chunked: Bool) {
        let comment: StaticString = chunked ? "3\r\n:\n\n\r\n" : ":\n\n"
        unsafe client.stream.send(UnsafeRawBufferPointer(start: comment.utf8Start, count: comment.utf8CodeUnitCount))
    }

    /// What a browser needs to see before it shows the answer to a page of an allowed origin (Fetch standard).
    func appendOrigin(to out: ByteBuffer) {
        guard let origin else { return }
        out.append("Access-Control-Allow-Origin: " as StaticString)
        out.append(origin)
        out.append(
            "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate\r\n" as StaticString)
    }

    /// Drops the head and the held body from the client's buffer.
    func letGo() {
        client.peer.consume(held)
        held = 0
        passed = nil
        head.forgetFields()
    }
}

/// A body that is forwarded as it comes.
extension Call {
    /// Leaves the body alone in the client's buffer.
    /// - Parameter keeps: whether it may turn out to be small.
    func beginStreaming(keeps: Bool) {
        isStreamed = true
        subject = withBytes(bearer) { Secret(copying: $0) }
        if keeps {
            passed = PassedRequest(head: client.peer.takeFront(head.byteCount))
            held = 0
        } else {
            letGo()
            passed = PassedRequest(head: nil)
        }
    }

    /// Whether what is still to come of the body makes it whole again.
    var isKept: Bool { passed?.whole != nil }
    /// The message that has passed as a whole, as far as a refusal has to know it.
    var passedEnvelope: Envelope { body.isComplete ? passed?.outline.envelope ?? .unreadable : .unreadable }
    /// That message, without what does not matter.
    var passedMessage: [UInt8]? { body.isComplete ? passed?.outline.message : nil }

    /// Notes a piece that has passed.
    func keep(_ piece: Span<UInt8>) {
        let wasKept = isKept
        passed?.add(piece)
        if wasKept, !isKept { head.forgetFields() }
    }

    /// Puts a body that has passed as a whole, and is kept so, behind its head and before what the client has sent since, as
    /// if it had come so.
    func restore() {
        guard let whole = passed?.whole, body.isComplete else { return }
        passed = nil
        // Before what the client has sent since goes behind it, which is somebody else's.
        held = whole.count
        framing = .length(UInt64(whole.count &- head.byteCount))
        client.peer.putFront(whole)
        isStreamed = false
    }
}

/// Why a call left its way.
enum Interruption: Error {
    /// It is refused; the client gets an answer.
    case refused(Refusal)
    /// It was answered by ourselves without a server: OPTIONS.
    case answered
    /// The client went away; nobody to answer.
    case clientLeft
    /// The answer had begun when its source broke: the client must see that it is incomplete.
    case cutShort
}
