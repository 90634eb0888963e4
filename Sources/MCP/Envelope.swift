internal import JSON

/// What a body is to JSON-RPC 2.0, as far as a refusal has to know: whether somebody waits for an answer, under
/// which id. Read only when it is needed; the plain way forwards the bytes unread.
package enum Envelope: Sendable, Equatable {
    /// A call that waits for an answer.
    case request(id: RPCID, method: String)
    /// A call that waits for none. An id of `null` is none.
    case notification(method: String)
    /// An answer of the client's to the server.
    case response
    /// Several messages (MCP 2025-03-26); at least one of them readable.
    case batch([Envelope])
    case unreadable

    /// Messages in a batch; a longer one is unreadable, since each request in it would be answered at our expense.
    static let longestBatch = 1000
    /// Bytes of an id, and of all ids of a batch together: each comes back in a refusal, which somebody without any token
    /// can provoke and then not read.
    static let longestID = 1024
    static let longestIDs = 64 << 10
    /// How deep arguments may nest.
    static let limits = JSON.Limits(depth: 256, bytes: .max, values: .max)

    /// Whether it opens a session, which clients treat apart from every other request.
    package var isInitialize: Bool {
        if case .request(_, "initialize") = self { true } else { false }
    }

    /// Whether it is a message or a batch of them.
    package var isReadable: Bool { self != .unreadable }

    /// Reads a whole body. Never fails: what cannot be read is `unreadable`.
    package static func read(_ bytes: Span<UInt8>) -> Envelope {
        do {
            var scanner = try JSON.Scanner(bytes, limits: limits)
            let envelope = try any(bytes, &scanner)
            try scanner.finish(bytes)
            return envelope
        } catch { return .unreadable }
    }

    private static func any(_ bytes: Span<UInt8>, _ scanner: inout JSON.Scanner) throws(JSON.Fault) -> Envelope {
        switch try scanner.next(bytes) {
        case .object: return try message(bytes, &scanner)
        case .array: return try batch(bytes, &scanner)
        default: throw .unexpectedByte(at: scanner.position)
        }
    }

    private static func batch(_ bytes: Span<UInt8>, _ scanner: inout JSON.Scanner) throws(JSON.Fault) -> Envelope {
        try scanner.enter(bytes)
        var messages: [Envelope] = []
        var idBytes = 0
        while try scanner.element(bytes) {
            guard messages.count < longestBatch, idBytes <= longestIDs else { throw .tooManyValues }
            var ahead = scanner
            if try ahead.next(bytes) == .object {
                scanner = ahead
                messages.append(try message(bytes, &scanner))
                if case .request(let id, _)? = messages.last { idBytes &+= id.bytes.count }
            } else {
                try scanner.skip(bytes)
                messages.append(.unreadable)
            }
        }
        return messages.contains { $0.isReadable } ? .batch(messages) : .unreadable
    }

    private static func message(_ bytes: Span<UInt8>, _ scanner: inout JSON.Scanner) throws(JSON.Fault) -> Envelope {
        try scanner.enter(bytes)
        var members = Members()
        while let name = try scanner.name(bytes) {
            let value = try scanner.skip(bytes)
            members.add(try JSON.text(bytes, name), value)
        }
        return try members.envelope(bytes)
    }
}

/// The members of a message that make it a message.
private struct Members {
    private var version: Range<Int>?
    private var id: Range<Int>?
    private var method: Range<Int>?
    private var answers = false
    /// Two ids or two methods: the upstream might see the other one.
    private var ambiguous = false

    mutating func add(_ name: String, _ value: Range<Int>) {
        switch name {
        case "jsonrpc": set(\.version, value)
        case "id": set(\.id, value)
        case "method": set(\.method, value)
        case "result", "error": answers = true
        default: break
        }
    }

    private mutating func set(_ member: WritableKeyPath<Members, Range<Int>?>, _ value: Range<Int>) {
        ambiguous = ambiguous || self[keyPath: member] != nil
        self[keyPath: member] = value
    }

    func envelope(_ bytes: Span<UInt8>) throws(JSON.Fault) -> Envelope {
        guard !ambiguous, let version, try text(bytes, version) == "2.0" else { return .unreadable }
        guard let method else { return answers ? .response : .unreadable }
        guard let name = try text(bytes, method), !answers else { return .unreadable }
        guard let id, let raw = RPCID(bytes.extracting(id)) else { return .notification(method: name) }
        guard raw.bytes.count <= Envelope.longestID else { return .unreadable }
        return .request(id: raw, method: name)
    }

    private func text(_ bytes: Span<UInt8>, _ place: Range<Int>) throws(JSON.Fault) -> String? {
        bytes[place.lowerBound] == UInt8(ascii: "\"") ? try JSON.text(bytes, place) : nil
    }
}
