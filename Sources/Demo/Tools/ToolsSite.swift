internal import Bytes
internal import HTTP1
internal import JSON
internal import OpenSSL

/// An MCP server by streamable HTTP that takes only tokens minted for it, and remembers what it saw.
package final class ToolsSite: Site {
    private let check: TokenCheck
    private var sessions: Set<String> = []
    private var seen = SeenTokens()
    /// Milliseconds between two steps of `slow_count`.
    private let step: Int

    package init(check: TokenCheck, stepMilliseconds: Int = 300) {
        self.check = check
        step = stepMilliseconds
    }

    package func answer(_ request: SiteRequest, _ reply: SiteReply) async {
        switch request.path {
        case "/mcp": await answerMCP(request, reply)
        case "/seen": reply.send(200, seen.document)
        default: reply.send(404, text: "not found\n")
        }
    }

    private func answerMCP(_ request: SiteRequest, _ reply: SiteReply) async {
        let user: TokenUser
        do throws(TokenCheck.Fault) {
            user = TokenUser(try check.claims(of: request.bearer ?? ""))
            seen.accept(user)
        } catch {
            seen.refuse(request.bearer)
            return reply.send(
                401, .object(["error": .string("invalid_token")]), fields: [("WWW-Authenticate", "Bearer")])
        }
        switch request.method {
        case .post: await post(request, user, reply)
        case .get:
            guard admit(request, reply) else { return }
            reply.beginEvents()
            await reply.clientLeft()
        case .delete:
            guard admit(request, reply) else { return }
            sessions.remove(request.fields["mcp-session-id", default: ""])
            reply.send(204)
        default: reply.send(405, fields: [("Allow", "GET, POST, DELETE")])
        }
    }

    /// A session is offered, not demanded, so that one line of curl can call a tool; one that has ended gets a 404.
    private func admit(_ request: SiteRequest, _ reply: SiteReply) -> Bool {
        guard let session = request.fields["mcp-session-id"] else { return true }
        guard sessions.contains(session) else {
            reply.send(404, RPC.error(.null, -32600, "session not found"))
            return false
        }
        return true
    }

    private func post(_ request: SiteRequest, _ user: TokenUser, _ reply: SiteReply) async {
        guard let message = try? JSON.parse(request.body.span), let method = message["method"]?.string else {
            return reply.send(400, RPC.error(.null, -32700, "not a JSON-RPC request"))
        }
        if method == "initialize" { return initialize(message, reply) }
        guard admit(request, reply) else { return }
        guard let id = message["id"] else { return reply.send(202) }
        switch method {
        case "ping": reply.send(200, RPC.result(id, .object([:])))
        case "tools/list": reply.send(200, RPC.result(id, Tool.list))
        case "tools/call": await call(message, id, user, reply)
        default: reply.send(200, RPC.error(id, -32601, "no such method"))
        }
    }

    private func initialize(_ message: JSON, _ reply: SiteReply) {
        guard let id = message["id"], let random = try? RandomBytes.make(16) else { return reply.send(400) }
        let session = String(decoding: Base64URL.encode(random.span), as: UTF8.self)
        sessions.insert(session)
        let result: JSON = .object([
            "protocolVersion": message["params"]?["protocolVersion"] ?? .string("2025-06-18"),
            "capabilities": .object(["tools": .object([:])]),
            "serverInfo": .object(["name": .string("demo-tools"), "version": .string("1")]),
        ])
        reply.send(200, RPC.result(id, result), fields: [("Mcp-Session-Id", session)])
    }

    private func call(_ message: JSON, _ id: JSON, _ user: TokenUser, _ reply: SiteReply) async {
        let params = message["params"]
        switch params?["name"]?.string.flatMap(Tool.init(rawValue:)) {
        case .whoami: reply.send(200, RPC.result(id, user.toolResult))
        case .slowCount: await count(id, params, reply)
        case nil: reply.send(200, RPC.error(id, -32602, "no such tool"))
        }
    }

    private func count(_ id: JSON, _ params: JSON?, _ reply: SiteReply) async {
        let steps = min(max(params?["arguments"]?["steps"]?.integer ?? 5, 1), 100)
        reply.beginEvents()
        for number in 1...steps where reply.isHeard {
            await reply.pause(milliseconds: step)
            guard let token = params?["_meta"]?["progressToken"] else { continue }
            let progress: JSON = .object([
                "progressToken": token, "progress": .integer(number), "total": .integer(steps),
            ])
            reply.sendEvent(RPC.request("notifications/progress", id: nil, progress))
        }
        let result: JSON = .object(["steps": .integer(steps)])
        reply.sendEvent(RPC.result(id, RPC.toolResult("counted to \(steps)", result)))
        reply.endEvents()
    }
}
