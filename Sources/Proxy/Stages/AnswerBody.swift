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
    /// What an event that is held until its end takes of the room for bodies that are held as a whole.
    var share: BodyShare?
    /// Whether we are between two events.
    var boundary = EventStreamBoundary()
    /// What is taken from its front once we have spoken first.
    var leadingMark: LeadingMark?
    /// What knows which calls still wait for an answer in it.
    var watch: AnswerWatch?
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
        guard ending == .end(clean: true) else { throw .refused(.upstreamProtocol) }
        do throws(BodyFault) { try decoder.end() } catch { throw .refused(.upstreamProtocol) }
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
