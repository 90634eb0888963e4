internal import HTTP1
internal import Libevent
internal import MCP

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
        let client = call.client.stream
        // A client that takes nothing keeps the server from speaking.
        if now &- lastHeard >= idle {
            call.reached(.streamIdle)
            throw client.backlog == 0 ? .refused(.upstreamTimeout) : .cutShort
        }
        if let keepAlive, now &- lastSaid >= keepAlive {
            // Said or not: inside an event, the next look is a whole wait away.
            lastSaid = now
            if answer.boundary.isBetweenEvents && client.backlog == 0 {
                if call.bytesOut == 0, answer.leadingMark == nil { answer.leadingMark = LeadingMark() }
                call.sayKeepAlive(chunked: answer.isChunked)
            }
        }
        arm()
    }
}
