internal import Bytes
internal import JSON

/// A refusal as the client gets it.
package struct Answer: Sendable, Equatable {
    /// One header field.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package let status: Int
    /// `Content-Type` and what the refusal asks for; `Content-Length` and `Connection` are the sender's.
    package let fields: [Field]
    /// A JSON text. Not to be sent in answer to `HEAD`.
    package let body: [UInt8]
    /// Whether the connection should end with this answer.
    package let closes: Bool
}

/// What a refusal is an answer to.
package enum Question: Sendable, Equatable {
    /// A POST's body, or as much as is known of it: `unreadable` before it has been read.
    case post(Envelope)
    case get
    case delete
    /// A request for a server's metadata, where GET is all there is.
    case metadata
    /// Every other method.
    case other
}

/// How a server's refusals are worded in HTTP.
package enum RefusalMode: Sendable, Equatable {
    /// In JSON-RPC wherever a call waits for an answer, for clients that give up a whole connection on an HTTP error.
    case jsonrpc
    /// By HTTP status always, where clients don't read the answer to a POST.
    case status
    /// By HTTP status always, with a challenge where another token would help (RFC 6750 §3).
    case strict(BearerChallenge)
}

extension Refusal {
    /// The `error.code` of every JSON-RPC error: "internal error", since chat clients give the others meanings.
    static let code = -32603
    /// Seconds after which to come back when nobody has said otherwise.
    static let defaultRetryAfter: UInt64 = 5

    /// The one place where a refusal becomes an answer.
    ///
    /// - Parameters:
    ///   - server: the configured name; nil where none is known.
    ///   - retryAfter: seconds until a retry makes sense, if known.
    package func answer(
        to question: Question, mode: RefusalMode, server: String?, request: RequestID, retryAfter: UInt64? = nil
    ) -> Answer {
        let writer = AnswerWriter(refusal: self, server: server, request: request, retryAfter: retryAfter)
        switch mode {
        case .jsonrpc: return isPlainHTTP ? writer.http(status, question) : writer.jsonrpc(question)
        case .status: return writer.plain(question)
        case .strict(let challenge): return writer.strict(question, challenge)
        }
    }

    /// The refusal as an event of a stream in which the call waits for its answer: the status has been given, and it
    /// was 200. Neither an `id` nor a `retry`, which are the server's.
    package func event(to id: RPCID, server: String?, request: RequestID) -> [UInt8] {
        let writer = AnswerWriter(refusal: self, server: server, request: request, retryAfter: nil)
        let (data, event) = (ByteBuffer(), ByteBuffer())
        writer.append(id, server: server, to: data)
        event.append("event: message\ndata: ")
        // White space in an id of a kind that nobody should use; a line end would end the field.
        event.append(data.bytes.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 })
        event.append("\n\n")
        return event.bytes
    }

    /// The status where the client reads HTTP as RFC 6750 §3.1 has it: a token of too little scope is no bad token.
    var strictStatus: Int { self == .missingScope ? 403 : status }
}

/// Writes one refusal's bodies and fields.
private struct AnswerWriter {
    let refusal: Refusal
    let server: String?
    let request: RequestID
    let retryAfter: UInt64?

    func jsonrpc(_ question: Question) -> Answer {
        switch question {
        case .post(.request(let id, let method)) where method != "initialize":
            return ok { append(id, server: server, to: $0) }
        case .post(.batch(let messages)):
            let ids = messages.compactMap { if case .request(let id, _) = $0 { id } else { nil } }
            return ids.isEmpty ? plain(question) : ok { append(ids, to: $0) }
        default: return plain(question)
        }
    }

    func plain(_ question: Question) -> Answer {
        switch question {
        case .post(.request(let id, _)): return http(refusal.status, question, id: id)
        case .post(.unreadable):
            // A probe without any token, as chat servers send at start: anything like 401 would mark the server
            // as one with a sign-in of its own.
            return http(refusal == .missingToken ? Refusal.badRequest.status : refusal.status, question)
        case .post(.notification), .post(.response), .post(.batch), .get, .delete, .metadata, .other:
            return http(refusal.status, question)
        }
    }

    func http(_ status: Int, _ question: Question, id: RPCID? = nil) -> Answer {
        // Clients search the whole body of an HTTP error, so a server's name may not hold those words either.
        let server = server.flatMap { Wording.isPlain($0) ? $0 : nil }
        return http(status, question, id, server, isPatient: status == 503 || (refusal.isRetryable && id != nil))
    }

    func strict(_ question: Question, _ challenge: BearerChallenge) -> Answer {
        let id: RPCID? = if case .post(.request(let id, _)) = question { id } else { nil }
        let challenge = challenge.value(for: refusal).map { Answer.Field(name: "WWW-Authenticate", value: $0) }
        return http(
            refusal.strictStatus, question, id, server, isPatient: refusal.isRetryable,
            also: challenge.map { [$0] } ?? [])
    }

    /// - Parameter isPatient: whether to say when to come back.
    private func http(
        _ status: Int, _ question: Question, _ id: RPCID?, _ server: String?, isPatient: Bool,
        also extra: [Answer.Field] = []
    ) -> Answer {
        let buffer = ByteBuffer()
        append(id, server: server, to: buffer)
        var fields = [Answer.Field(name: "Content-Type", value: "application/json")] + extra
        if status == 405 {
            let methods = question == .metadata ? "GET" : "POST, GET, DELETE, OPTIONS"
            fields.append(Answer.Field(name: "Allow", value: methods))
        }
        if isPatient {
            fields.append(
                Answer.Field(name: "Retry-After", value: "\(max(retryAfter ?? Refusal.defaultRetryAfter, 1))"))
        }
        return Answer(status: status, fields: fields, body: buffer.bytes, closes: closes)
    }

    private func ok(_ body: (ByteBuffer) -> Void) -> Answer {
        let buffer = ByteBuffer()
        body(buffer)
        let fields = [Answer.Field(name: "Content-Type", value: "application/json")]
        return Answer(status: 200, fields: fields, body: buffer.bytes, closes: closes)
    }

    /// What has not been read of an oversized message cannot be told from the next one, and a proxy that leaves
    /// must not be asked again on the same connection.
    private var closes: Bool {
        switch refusal {
        case .bodyTooLarge, .headerTooLarge, .draining: true
        default: false
        }
    }

    private func append(_ ids: [RPCID], to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: "["))
        for (place, id) in ids.enumerated() {
            if place > 0 { buffer.append(byte: UInt8(ascii: ",")) }
            append(id, server: server, to: buffer)
        }
        buffer.append(byte: UInt8(ascii: "]"))
    }

    /// One JSON-RPC error object (JSON-RPC 2.0 §5); the id is null where the question's is unknown.
    func append(_ id: RPCID?, server: String?, to buffer: ByteBuffer) {
        buffer.append("{\"jsonrpc\":\"2.0\",\"id\":")
        if let id { buffer.append(id.bytes) } else { buffer.append("null") }
        buffer.append(",\"error\":")
        var data: JSON.Object = ["reason": .string(refusal.rawValue), "retryable": .bool(refusal.isRetryable)]
        data["server"] = server.map { .string($0) } ?? .null
        data["request_id"] = .string(request.description)
        JSON.object([
            "code": .integer(Int64(Refusal.code)), "message": .string(refusal.message), "data": .object(data),
        ]).append(to: buffer)
        buffer.append("}")
    }
}
