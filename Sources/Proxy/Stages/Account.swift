internal import Bytes
internal import HTTP1
internal import JSON
internal import Libevent
internal import Logging
internal import MCP

extension Worker {
    /// Counts the call and writes its access line. By now the head has left the client's buffer, so only what the
    /// call kept is at hand.
    func account(_ call: Call) {
        let now = EventLoop.nanoseconds
        let elapsed = now &- call.started
        if let refusal = call.refusal { refusals.note(RefusedCall(call, refusal)) }
        metrics.record {
            $0.finished(
                server: call.service?.index ?? Metrics.noServer, method: call.head.method, status: call.status,
                lookup: call.lookup, refusal: call.refusal?.rawValue, nanoseconds: elapsed)
            if let service = call.service {
                $0.heard(service.index, hasAnswered: call.upstreamStatus > 0, refusal: call.refusal, at: now)
            }
        }
        guard call.shared.logsRequests else { return }
        call.shared.logsJSON ? appendJSON(call, elapsed) : appendText(call, elapsed)
        lines.lineEnded()
    }

    private func appendJSON(_ call: Call, _ elapsed: UInt64) {
        let (line, path) = (lines.line, call.path)
        line.append("{\"time\":\"" as StaticString)
        lines.appendTime()
        line.append("\",\"level\":\"info\",\"event\":\"request\",\"request_id\":\"" as StaticString)
        call.id.append(to: line)
        line.append("\",\"server\":\"" as StaticString)
        line.append(call.service?.nameBytes ?? [])
        line.append("\",\"method\":\"" as StaticString)
        line.append(call.head.method.name)
        line.append("\",\"path\":" as StaticString)
        line.appendJSONString(path.span)
        line.append(",\"status\":" as StaticString)
        line.append(decimal: UInt64(call.status))
        line.append(",\"upstream_status\":" as StaticString)
        line.append(decimal: UInt64(call.upstreamStatus))
        line.append(",\"token\":\"" as StaticString)
        line.append(call.lookup?.name ?? "" as StaticString)
        line.append("\",\"exchange_ms\":" as StaticString)
        line.append(milliseconds: call.exchangeNanoseconds)
        line.append(",\"duration_ms\":" as StaticString)
        line.append(milliseconds: elapsed)
        line.append(",\"bytes_in\":" as StaticString)
        line.append(decimal: call.bytesIn)
        line.append(",\"bytes_out\":" as StaticString)
        line.append(decimal: call.bytesOut)
        line.append(",\"user\":\"" as StaticString)
        line.append(call.userHash)
        if let trace = call.trace {
            line.append("\",\"trace_id\":\"" as StaticString)
            trace.appendTraceID(to: line)
            line.append("\",\"span_id\":\"" as StaticString)
            TraceContext.appendSpanID(call.id.bits, to: line)
        }
        if let refusal = call.refusal {
            line.append("\",\"reason\":\"" as StaticString)
            line.append(string: refusal.rawValue)
        }
        line.append("\"}" as StaticString)
    }

    private func appendText(_ call: Call, _ elapsed: UInt64) {
        let (line, path) = (lines.line, call.path)
        lines.appendTime()
        line.append(" info request " as StaticString)
        line.append(call.head.method.name)
        line.append(byte: UInt8(ascii: " "))
        line.appendJSONString(path.span)
        line.append(" server=" as StaticString)
        line.append(call.service?.nameBytes ?? [])
        line.append(" status=" as StaticString)
        line.append(decimal: UInt64(call.status))
        line.append(" upstream_status=" as StaticString)
        line.append(decimal: UInt64(call.upstreamStatus))
        line.append(" token=" as StaticString)
        line.append(call.lookup?.name ?? "-" as StaticString)
        line.append(" exchange_ms=" as StaticString)
        line.append(milliseconds: call.exchangeNanoseconds)
        line.append(" duration_ms=" as StaticString)
        line.append(milliseconds: elapsed)
        line.append(" bytes_in=" as StaticString)
        line.append(decimal: call.bytesIn)
        line.append(" bytes_out=" as StaticString)
        line.append(decimal: call.bytesOut)
        line.append(" user=" as StaticString)
        line.append(call.userHash)
        line.append(" request_id=" as StaticString)
        call.id.append(to: line)
        if let trace = call.trace {
            line.append(" trace_id=" as StaticString)
            trace.appendTraceID(to: line)
        }
        if let refusal = call.refusal {
            line.append(" reason=" as StaticString)
            line.append(string: refusal.rawValue)
        }
    }
}

extension Worker {
    /// Counts and logs a head that never became a call.
    func accountHead(_ refusal: Refusal, status: Int, id: RequestID) {
        refusals.note(RefusedCall(refusal, status: status, id: id))
        metrics.record {
            $0.finished(
                server: Metrics.noServer, method: .other, status: status, lookup: nil, refusal: refusal.rawValue,
                nanoseconds: 0)
        }
        guard current.logsRequests else { return }
        let line = lines.line
        if current.logsJSON {
            line.append("{\"time\":\"" as StaticString)
            lines.appendTime()
            line.append("\",\"level\":\"info\",\"event\":\"request\",\"request_id\":\"" as StaticString)
            id.append(to: line)
            line.append("\",\"server\":\"\",\"method\":\"\",\"path\":\"\",\"status\":" as StaticString)
            line.append(decimal: UInt64(clamping: status))
            line.append(
                """
                ,"upstream_status":0,"token":"","exchange_ms":0.000,"duration_ms":0.000,"bytes_in":0,"bytes_out":0,\
                "user":"","reason":"
                """ as StaticString)
            line.append(string: "\(refusal.rawValue)\"}")
        } else {
            lines.appendTime()
            line.append(string: " info request - \"\" status=\(status) request_id=")
            id.append(to: line)
            line.append(string: " reason=\(refusal.rawValue)")
        }
        lines.lineEnded()
    }

    func streamOpened(_ call: Call, by change: Int) {
        guard let service = call.service else { return }
        metrics.record { $0.streamOpened(service.index, by: change) }
    }
}

extension Method {
    /// As logs and metrics name it; unknown methods share one name, so that label values stay bounded.
    var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .other: "other"
        }
    }
}

extension ByteBuffer {
    /// Appends nanoseconds as milliseconds with three decimals.
    func append(milliseconds nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1000
        append(decimal: microseconds / 1000)
        append(byte: UInt8(ascii: "."))
        let rest = microseconds % 1000
        if rest < 100 { append(byte: 48) }
        if rest < 10 { append(byte: 48) }
        append(decimal: rest)
    }
}
