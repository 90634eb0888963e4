internal import Bytes
internal import JSON

/// Which calls of a POST its event stream has left unanswered. Only a stream that breaks off is asked, so what passes is
/// put by and not read until there is enough of it to be worth while, and never if the stream ends well before.
///
/// In doubt a call counts as answered: an error for a call that has its result is worse than none.
package final class AnswerWatch {
    /// How much is put by before it is read, in bytes.
    static let worthwhile = 4 << 10
    /// The longest event that is put by, in bytes. A longer one is taken for the answer to all calls.
    static let longestEvent = 64 << 10
    /// How many calls are followed. Of a larger batch none is told: each answer is compared with every one that waits.
    static let mostCalls = 64
    /// How deep results may nest.
    private static let limits = JSON.Limits(depth: 256, bytes: .max, values: .max)

    /// What the client has posted, until its calls are wanted.
    private var message: [UInt8]
    private var waiting: [Waiting]?
    /// What has passed and was not read.
    private var unread = ByteBuffer(capacity: 1024)
    /// How much is unread when it is looked at next.
    private var due = AnswerWatch.worthwhile
    /// Whether there is nothing left to say on this stream, whatever may come.
    private var isOver = false
    /// Whether calls may wait that are not followed, or have been answered without its being seen.
    private var isUnknown = false

    /// - Parameter message: the body of the POST.
    package init(_ message: [UInt8]) { self.message = message }

    /// Follows the bytes of one read.
    package func feed(_ bytes: Span<UInt8>) {
        guard !isOver else { return }
        unread.append(bytes)
        if unread.count >= due { read() }
    }

    /// The calls that nothing has answered.
    package func unanswered() -> [RPCID] {
        read()
        return isOver ? [] : calls().map(\.id)
    }

    /// Whether an answer may still be to come that ends a call: here doubt means yes. A subscription (MCP 2026-07-28) has
    /// none until it is given up.
    package var owesAnswers: Bool {
        read()
        let waits = calls().contains { !$0.isSubscription }
        return isUnknown || !isOver && waits
    }

    private func calls() -> [Waiting] {
        if let waiting { return waiting }
        let asked = message
        var calls: [Waiting] = []
        switch Envelope.read(asked.span) {
        case .batch(let messages):
            calls = messages.compactMap { Waiting($0) }
            isUnknown = isUnknown || messages.contains(.unreadable)
        case .unreadable: isUnknown = true
        case let message: calls = Waiting(message).map { [$0] } ?? []
        }
        if calls.count > Self.mostCalls {
            calls = []
            isUnknown = true
        }
        waiting = calls
        message = []
        return calls
    }

    /// Reads the events that are whole by now.
    private func read() {
        guard !isOver else { return }
        unread.consume(unread.withSpan { readEvents($0) })
        if unread.count > Self.longestEvent {
            isOver = true
            isUnknown = true
        }
        due = max(Self.worthwhile, 2 &* unread.count)
        // One large read must not cost the stream its memory for hours.
        if isOver || unread.capacity > 4 &* due {
            let rest = ByteBuffer(capacity: unread.count)
            if !isOver { unread.withSpan { rest.append($0) } }
            unread = rest
        }
    }

    /// - Returns: how many bytes they took.
    private func readEvents(_ bytes: Span<UInt8>) -> Int {
        var (event, line, next) = (0, 0, 0)
        while next < bytes.count, !isOver {
            let (byte, place) = (bytes[next], next)
            next &+= 1
            guard byte == 0x0a || byte == 0x0d else { continue }
            // A LF that is still to come makes an event of nothing.
            if byte == 0x0d, next < bytes.count, bytes[next] == 0x0a { next &+= 1 }
            if place == line {
                judge(bytes.extracting(event..<next))
                event = next
            }
            line = next
        }
        return event
    }

    private func judge(_ bytes: Span<UInt8>) {
        var copy: [UInt8] = []
        copy.append(bytes, bytes.indices)
        let event = ServerSentEvent(copy)
        guard event.isMessage, !event.data.isEmpty else { return }
        // What nobody can read answers nothing.
        for id in (try? Self.answers(event.data.span)) ?? [] {
            let answered = IDValue(id)
            waiting = calls().filter { $0.value != answered }
        }
        if waiting?.isEmpty == true { isOver = true }
    }

    /// The ids of the responses in a message, or in a batch of them.
    private static func answers(_ text: Span<UInt8>) throws(JSON.Fault) -> [RPCID] {
        var scanner = try JSON.Scanner(text, limits: limits)
        var ids: [RPCID] = []
        if try scanner.next(text) == .array {
            try scanner.enter(text)
            while try scanner.element(text) { ids += try answer(text, try scanner.skip(text)) }
        } else {
            ids += try answer(text, try scanner.skip(text))
        }
        try scanner.finish(text)
        return ids
    }

    private static func answer(_ text: Span<UInt8>, _ place: Range<Int>) throws(JSON.Fault) -> [RPCID] {
        let message = text.extracting(place)
        guard let places = try JSON.members(["id", "method", "result", "error"], of: message), let id = places[0],
            places[1] == nil, places[2] != nil || places[3] != nil
        else { return [] }
        guard id.count <= Envelope.longestID else { return [] }
        return RPCID(message.extracting(id)).map { [$0] } ?? []
    }
}

/// A call that waits for its answer.
private struct Waiting {
    let id: RPCID
    let value: IDValue
    let isSubscription: Bool

    /// nil for what waits for none.
    init?(_ message: Envelope) {
        guard case .request(let id, let method) = message else { return nil }
        (self.id, value, isSubscription) = (id, IDValue(id), method == "subscriptions/listen")
    }
}

/// What an id means, whatever its spelling: a server may write `"\u0041"` as `"A"`, or `1.0` as `1`.
enum IDValue: Equatable {
    case number(Double)
    case other(JSON)
    case unreadable([UInt8])

    init(_ id: RPCID) {
        guard let value = try? JSON.parse(id.bytes.span) else {
            self = .unreadable(id.bytes)
            return
        }
        self = value.double.map { .number($0) } ?? .other(value)
    }
}
