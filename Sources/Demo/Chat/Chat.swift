internal import JSON
package import Libevent

/// The demonstration: everything a chat server does through the proxy in an ordinary hour, and a few things that
/// must not work, told step by step.
package actor Chat {
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    let client: ChatClient
    var account: Account
    /// Calls made at once with a token that the proxy has not seen.
    private let crowd = 50

    package init(
        on loop: EventLoop, proxy: WebAddress, provider: WebAddress, tools: WebAddress,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.loop = loop
        client = ChatClient(caller: Caller(on: loop), proxy: proxy, provider: provider, tools: tools)
        account = Account(say: say)
    }

    /// Runs the whole demonstration.
    /// - Returns: whether every claim was true.
    package func run() async -> Bool {
        do throws(ChatFault) { try await demonstrate() } catch { account.claim("\(error)", false) }
        return account.failures == 0
    }

    private func demonstrate() async throws(ChatFault) {
        let ada = try await openSession("ada")
        let grace = try await openSession("grace")
        account.begin("Each user's session is their own")
        try await claimSessionsAreSeparate(ada, grace)
        account.begin("\(crowd) calls at once with a token the proxy has not seen")
        try await callAtOnce(ada)
        account.begin("A slow tool's progress is streamed as it happens")
        try await watchProgress(grace)
        account.begin("What must not work, and what the user reads then")
        try await showRefusals()
        account.begin("In the end")
        for user in [ada, grace] { try await close(user) }
        try await claimAudiences()
    }

    // MARK: Two users

    /// Signs a user in and does what a chat server does first.
    private func openSession(_ name: String) async throws(ChatFault) -> ChatUser {
        account.begin("\(name) signs in and opens a session")
        let before = try await client.exchanges().count
        var user = ChatUser(name: name, token: try await client.signIn(name))
        account.tell("the chat server holds a token for \(user.audience)")
        try await initialize(&user)
        let listed = json(
            try await client.post(RPC.request("tools/list", id: 2), token: user.token, session: user.session))
        let tools = listed["result"]?["tools"]?.array?.compactMap { $0["name"]?.string } ?? []
        account.claim("tools/list names \(tools.joined(separator: " and "))", tools == Tool.allCases.map(\.rawValue))
        let answer = try await whoami(user)
        account.tell("whoami says: \(answer.text)")
        account.claim(
            "the tools server got a token for its own audience, on behalf of \(name)",
            answer.user == name && answer.audience != user.audience && answer.audience == "api://tools")
        let exchanges = try await client.exchanges().count - before
        account.claim("the provider was asked once for all of this (\(exchanges))", exchanges == 1)
        return user
    }

    private func initialize(_ user: inout ChatUser) async throws(ChatFault) {
        let params: JSON = .object([
            "protocolVersion": .string("2025-06-18"), "capabilities": .object([:]),
            "clientInfo": .object(["name": .string("demo-chat"), "version": .string("1")]),
        ])
        let answer = try await client.post(RPC.request("initialize", id: 1, params), token: user.token, session: nil)
        user.session = answer.fields["mcp-session-id"]
        let ready = try await client.post(
            RPC.request("notifications/initialized", id: nil), token: user.token, session: user.session)
        account.claim(
            "initialize gives a session, and the server is told that the client is ready",
            answer.status == 200 && user.session != nil && ready.status == 202)
    }

    private func whoami(_ user: ChatUser) async throws(ChatFault) -> WhoAmI {
        WhoAmI(json(try await client.post(WhoAmI.request(id: 3), token: user.token, session: user.session)))
    }

    private func claimSessionsAreSeparate(_ ada: ChatUser, _ grace: ChatUser) async throws(ChatFault) {
        let answer = try await client.post(WhoAmI.request(id: 4), token: grace.token, session: ada.session)
        account.claim("grace's token with ada's session id is refused (\(answer.status))", answer.status == 404)
    }

    // MARK: Many calls, slow calls

    private func callAtOnce(_ user: ChatUser) async throws(ChatFault) {
        let before = try await client.exchanges().count
        var renewed = user
        renewed.token = try await client.signIn(user.name)
        let client = client
        let again = renewed
        let calls = (0..<crowd).map { number in
            Task(executorPreference: loop) {
                let message = WhoAmI.request(id: Int64(100 + number))
                let answer = try? await client.post(message, token: again.token, session: again.session)
                let reply = answer.map(json) ?? .null
                return WhoAmI(reply).user == again.name && reply["id"]?.integer == Int64(100 + number)
            }
        }
        var good = 0
        for call in calls where await call.value { good += 1 }
        account.claim("\(user.name)'s token was renewed; \(good) of \(crowd) calls were answered", good == crowd)
        let exchanges = try await client.exchanges().count - before
        account.claim("the provider was asked \(exchanges) time\(exchanges == 1 ? "" : "s")", exchanges == 1)
    }

    private func watchProgress(_ user: ChatUser) async throws(ChatFault) {
        let params: JSON = .object([
            "name": .string(Tool.slowCount.rawValue), "arguments": .object(["steps": .integer(5)]),
            "_meta": .object(["progressToken": .string("demo")]),
        ])
        let start = EventLoop.now
        var progress: [UInt64] = []
        var end: UInt64 = 0
        _ = try await client.post(
            RPC.request("tools/call", id: 5, params), token: user.token, session: user.session
        ) { message in
            let moment = EventLoop.now - start
            if message["method"]?.string == "notifications/progress" { progress.append(moment) } else { end = moment }
        }
        account.tell(
            "progress came after \(progress.map(String.init).joined(separator: ", ")) ms, the result after \(end)")
        // Gathered up anywhere on the way, all of it would come at the end.
        let isSpread = progress.count == 5 && progress[0] < end / 2 && progress[2] < end
        account.claim("5 steps, each at its time", isSpread)
    }

    // MARK: Refusals

    private func showRefusals() async throws(ChatFault) {
        let before = try await client.seen()
        let cases = [
            ("carol, who has not consented", try await client.signIn("carol"), "consent_required"),
            ("heidi, who has to use a second factor", try await client.signIn("heidi"), "interaction_required"),
            ("a sign-in that is over", try await client.signIn("ada", kind: "expired"), "expired_token"),
            ("an ID token in an access token's place", try await client.signIn("ada", kind: "id"), "id_token"),
            ("a placeholder the chat server did not fill in", "{{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "placeholder_token"),
        ]
        for (what, token, reason) in cases {
            let answer = try await client.post(WhoAmI.request(id: 6), token: token, session: nil)
            let error = json(answer)["error"]
            let isRefused = answer.status == 200 && error?["data"]?["reason"]?.string == reason
            account.claim("\(what): \(reason)", isRefused)
            account.tell("\"\(error?["message"]?.string ?? "(no message)")\"")
        }
        account.claim("the tools server heard of none of these", try await client.seen() == before)
    }

    private func close(_ user: ChatUser) async throws(ChatFault) {
        let answer = try await client.delete(token: user.token, session: user.session)
        account.claim("\(user.name)'s session is closed (\(answer.status))", answer.status == 204)
    }

    private func claimAudiences() async throws(ChatFault) {
        let seen = try await client.seen()
        let audiences = seen["audiences"]?.object?.members ?? []
        for audience in audiences {
            account.tell(
                "the tools server got \(audience.value.integer ?? 0) requests with a token for \(audience.name)")
        }
        account.claim(
            "no user's own token ever reached it, and it refused none",
            audiences.map(\.name) == ["api://tools"] && seen["refused"]?.integer == 0)
        let outcomes = try await client.exchanges().compactMap { $0["outcome"]?.string }
        let minted = outcomes.filter { $0 == "minted" }.count
        account.tell("the provider minted \(minted) tokens and refused \(outcomes.count - minted) exchanges")
        account.claim("that is one for ada, one for grace, one for ada's renewed token", minted == 3)
    }
}
