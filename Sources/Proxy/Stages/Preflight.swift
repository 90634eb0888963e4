internal import Bytes
internal import Glibc
internal import HTTP1
internal import Libevent
internal import MCP

extension Worker {
    /// OPTIONS is answered here: it carries no token, and nothing of it is the server's business. `OPTIONS *` asks
    /// about the proxy as a whole, which has nothing to say.
    func answerOptions(_ call: Call) -> Interruption {
        guard call.head.form != .asterisk else { return .refused(.methodNotAllowed) }
        guard isForThisHost(call) else { return .refused(.badOrigin) }
        let described = describedService(of: call)
        guard let service = described ?? service(named: call.head.path, of: call) else {
            return .refused(.unknownServer)
        }
        call.service = service
        guard hasAllowedOrigin(call) else { return .refused(.badOrigin) }
        call.status = 204
        out.appendStatusLine(204)
        date.append(to: out, now: time(nil))
        let allowed: StaticString = described == nil ? "POST, GET, DELETE, OPTIONS" : "GET, OPTIONS"
        out.append("Allow: " as StaticString)
        out.append(allowed)
        out.append("\r\n" as StaticString)
        appendCORS(call)
        if !call.client.staysOpen { out.appendConnectionClose() }
        out.appendHeadEnd()
        call.client.stream.send(out)
        return .answered
    }

    /// What a browser asks before it lets a page of an allowed origin talk to us (Fetch standard).
    private func appendCORS(_ call: Call) {
        guard call.origin != nil else { return }
        call.appendOrigin(to: out)
        out.append(
            """
            Access-Control-Allow-Methods: POST, GET, DELETE\r\n\
            Access-Control-Max-Age: 600\r\n\
            Access-Control-Allow-Headers: Authorization, Content-Type, Accept, Mcp-Session-Id, \
            MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID
            """ as StaticString)
        // `Mcp-Param-…` has names that nobody knows beforehand (MCP 2026-07-28).
        for name in call.requestedParameters { out.append(string: ", \(name)") }
        out.append("\r\n" as StaticString)
    }
}

extension Call {
    /// The names of `Mcp-Param-…` fields that a browser asks to send.
    fileprivate var requestedParameters: [Substring] {
        head.fields.filter { $0.id == .accessControlFamily }
            .filter { text($0.name).lowercased() == "access-control-request-headers" }
            .flatMap { text($0.value).split(separator: ",").compactMap(Self.parameterName) }
    }

    private static func parameterName(_ element: Substring) -> Substring? {
        let name = element.drop { $0 == " " }
        let isName = name.utf8.allSatisfy { 0x61...0x7A ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x2D }
        return isName && name.lowercased().hasPrefix("mcp-param-") ? name : nil
    }
}
