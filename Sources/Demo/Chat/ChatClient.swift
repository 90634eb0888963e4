internal import JSON

/// What a chat server does on behalf of its users: it signs them in at the provider and calls tools by way of the
/// proxy; and, for the account, it asks the provider and the tools server what they saw.
struct ChatClient {
    let caller: Caller
    let proxy: WebAddress
    let provider: WebAddress
    let tools: WebAddress

    /// A user's new token.
    func signIn(_ user: String, kind: String = "access") async throws(ChatFault) -> String {
        let answer = try await ask("the provider", provider.at("/sign-in?user=\(user)&kind=\(kind)"))
        return String(decoding: answer.body, as: UTF8.self)
    }

    /// Posts a message with that token.
    func post(_ message: JSON, token: String, session: String?) async throws(ChatFault) -> WebAnswer {
        try await post(message, token: token, session: session) { _ in }
    }

    /// The same, with each message of an event stream handed over as it comes.
    func post(
        _ message: JSON, token: String, session: String?, each: (JSON) -> Void
    ) async throws(ChatFault) -> WebAnswer {
        let fields = headFields(token, session) + [("Content-Type", "application/json")]
        var reader = EventReader()
        do {
            return try await caller.send("POST", proxy, fields: fields, body: message.bytes) { part in
                for message in reader.read(part) { each(message) }
            }
        } catch { throw .unreachable("the proxy", error) }
    }

    /// Ends a session.
    func delete(token: String, session: String?) async throws(ChatFault) -> WebAnswer {
        do { return try await caller.send("DELETE", proxy, fields: headFields(token, session)) } catch {
            throw .unreachable("the proxy", error)
        }
    }

    private func headFields(_ token: String, _ session: String?) -> [(String, String)] {
        [
            ("Authorization", "Bearer \(token)"), ("Accept", "application/json, text/event-stream"),
            ("Mcp-Protocol-Version", "2025-06-18"),
        ] + (session.map { [("Mcp-Session-Id", $0)] } ?? [])
    }

    /// The provider's log of exchanges.
    func exchanges() async throws(ChatFault) -> [JSON] {
        let answer = try await ask("the provider", provider.at("/calls"))
        return json(answer)["calls"]?.array ?? []
    }

    /// The tools server's count of the tokens it was called with.
    func seen() async throws(ChatFault) -> JSON {
        json(try await ask("the tools server", tools.at("/seen")))
    }

    private func ask(_ whom: String, _ address: WebAddress) async throws(ChatFault) -> WebAnswer {
        let answer: WebAnswer
        do { answer = try await caller.send("GET", address) } catch { throw .unreachable(whom, error) }
        guard answer.status == 200 else { throw .unexpected(whom, status: answer.status) }
        return answer
    }
}

/// The body as JSON, null for anything else.
func json(_ answer: WebAnswer) -> JSON { (try? JSON.parse(answer.body.span)) ?? .null }
