internal import HTTP1
internal import Libevent
internal import MCP

/// How a server's body is read and how it is framed anew for the client.
struct AnswerBody {
    var decoder: BodyDecoder
    let isEventStream: Bool
    /// Whether comments may be put between its events and a drain may end it there: not with a length that has
    /// been told, nor in a compressed stream, whose bytes are no events.
    let takesComments: Bool
    /// Whether the client is told the server's length.
    let hasLength: Bool
    /// Whether our framing is chunked; else the server's length, or the close of a HTTP/1.0 connection.
    let isChunked: Bool
    /// Whether nothing but the close tells the client of the end.
    let isUntilClose: Bool
    /// What takes tools out of it that may not be seen.
    var filter: EventFilter?
    /// Whether we are between two events.
    var boundary = EventStreamBoundary()
    /// What rewrites the events where they tell the client where to post.
    let announcement: Announcement?

    /// - Parameters:
    ///   - announcement: what rewrites its events, and
    ///   - filter: what leaves parts of them out. With either nobody knows the length of what will come.
    init(
        _ head: ResponseHead, to request: RequestHead, announcing announcement: Announcement? = nil,
        through filter: EventFilter? = nil
    ) {
        self.announcement = announcement
        self.filter = filter
        decoder = BodyDecoder(head.framing)
        isEventStream = head.isEventStream
        hasLength = head.framing.hasLength && announcement == nil && filter == nil
        takesComments = head.isEventStream && !hasLength && head.first(.contentEncoding) == nil
        isChunked = !hasLength && request.minorVersion > 0
        isUntilClose = !hasLength && request.minorVersion == 0
    }

    var isComplete: Bool { decoder.isComplete }

    /// Whether a drain may end the stream here, on a well-formed event.
    var mayEndEarly: Bool { takesComments && isChunked && boundary.isBetweenEvents }

    /// The server's connection ended. Only a body that is delimited by the close may end so, and only when
    /// the close is known to be the server's own (RFC 9112 section 8, RFC 8446 section 6.1).
    mutating func end(_ ending: ReadResult?) throws(Interruption) {
        guard ending == .end(clean: true) else { throw .cutShort }
        do throws(BodyFault) { try decoder.end() } catch { throw .cutShort }
    }
}

extension BodyFraming {
    var hasLength: Bool {
        switch self {
        case .none, .length: true
        case .chunked, .untilClose: false
        }
    }
}

/// The wait for an answer's head: while the client still sends its body it is the client's time that runs, afterwards
/// the server's.
struct UploadClock {
    private let body: Int
    private let response: Int
    private var isUploading: Bool
    private var seen: UInt64

    init(_ call: Call, body: Int, response: Int) {
        (self.body, self.response) = (body, response)
        isUploading = !call.body.isComplete
        seen = call.bytesIn
        call.client.wakeup.expire(after: isUploading ? body : response)
    }

    /// Starts the time anew whenever something of the body came.
    mutating func look(at call: Call) {
        guard isUploading, call.bytesIn != seen || call.body.isComplete else { return }
        seen = call.bytesIn
        isUploading = !call.body.isComplete
        call.client.wakeup.expire(after: isUploading ? body : response)
    }

    /// Whose fault it is when the time is over: a server that does not take the body keeps the client from sending.
    func refusal(serverTakesBody: Bool) -> Refusal {
        isUploading && serverTakesBody ? .badRequest : .upstreamTimeout
    }
}

/// The waits of a relayed body: a silent server, a client that takes nothing, and keep-alives between events.
struct RelayClock {
    private let wakeup: Wakeup
    private let idle: UInt64
    private let keepAlive: UInt64?
    private var lastHeard = EventLoop.now
    private var lastSaid = EventLoop.now

    init(_ takesComments: Bool, _ timeouts: Timeouts, _ wakeup: Wakeup) {
        self.wakeup = wakeup
        idle = UInt64(timeouts.streamIdle)
        keepAlive = takesComments && timeouts.keepAlive > 0 ? UInt64(timeouts.keepAlive) : nil
        arm()
    }

    /// Looks again when the first of the waits is over, counted from its own beginning.
    private func arm() {
        let due = min(lastHeard &+ idle, keepAlive.map { lastSaid &+ $0 } ?? .max)
        wakeup.expire(after: EventLoop.left(until: due))
    }

    mutating func heard() {
        lastHeard = EventLoop.now
        lastSaid = lastHeard
    }

    /// After each wait: ends the relay when nothing moved for too long, says something when a stream is idle.
    mutating func check(_ call: Call, _ answer: inout AnswerBody) throws(Interruption) {
        guard wakeup.expired else { return }
        let now = EventLoop.now
        if now &- lastHeard >= idle { throw .cutShort }
        let client = call.client.stream
        if let keepAlive, now &- lastSaid >= keepAlive {
            // Said or not: inside an event, the next look is a whole wait away.
            lastSaid = now
            if answer.boundary.isBetweenEvents && client.backlog == 0 { call.sayKeepAlive(chunked: answer.isChunked) }
        }
        arm()
    }
}
