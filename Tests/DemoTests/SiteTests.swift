import HTTP1
import JSON
import Libevent
import Testing

@testable import Demo

/// The demo's servers on a loop of their own, with a client on the same loop.
private actor Demonstration {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let provider: SiteServer
    private var tools: SiteServer?
    private var providerAt = WebAddress(host: "", port: 0)
    private var toolsAt = WebAddress(host: "", port: 0)

    init() async throws {
        loop = try EventLoop()
        try loop.start()
        var settings = ProviderSettings()
        settings.delayMilliseconds = 0
        provider = SiteServer(try ProviderSite(settings), on: loop)
        try await open()
    }

    private func open() async throws {
        providerAt = try await provider.open()
        let discovery = try await get("/demo/v2.0/.well-known/openid-configuration")
        let issuer = try #require(discovery["issuer"]?.string)
        let jwks = try await get("/demo/discovery/v2.0/keys")
        let check = try TokenCheck(jwks: jwks, issuer: issuer, audiences: ["api://tools"])
        let tools = SiteServer(ToolsSite(check: check, stepMilliseconds: 1), on: loop)
        toolsAt = try await tools.open()
        self.tools = tools
    }

    func close() async {
        await provider.close()
        await tools?.close()
        loop.stop()
    }

    func get(_ path: String) async throws -> JSON {
        json(try await Caller(on: loop).send("GET", providerAt.at(path)))
    }

    func seen() async throws -> JSON { json(try await Caller(on: loop).send("GET", toolsAt.at("/seen"))) }

    /// A minted token, by way of sign-in and exchange.
    func minted(for user: String) async throws -> String {
        let signedIn = try await Caller(on: loop).send("GET", providerAt.at("/sign-in?user=\(user)"))
        let form = [
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id=chat", "client_secret=demo-secret",
            "assertion=\(String(decoding: signedIn.body, as: UTF8.self))", "scope=api%3A%2F%2Ftools%2F.default",
            "requested_token_use=on_behalf_of",
        ]
        let answer = try await Caller(on: loop).send(
            "POST", providerAt.at("/demo/oauth2/v2.0/token"), body: Array(form.joined(separator: "&").utf8))
        return try #require(json(answer)["access_token"]?.string)
    }

    func post(_ message: JSON, token: String?, session: String? = nil) async throws -> WebAnswer {
        try await send("POST", token: token, session: session, body: message.bytes)
    }

    func send(
        _ method: String, token: String?, session: String? = nil, body: [UInt8] = []
    ) async throws -> WebAnswer {
        let fields = [("Authorization", token.map { "Bearer \($0)" }), ("Mcp-Session-Id", session)]
        return try await Caller(on: loop).send(
            method, toolsAt.at("/mcp"), fields: fields.compactMap { name, value in value.map { (name, $0) } },
            body: body)
    }
}

@Suite struct SiteTests {
    @Test func aSessionHasABeginningAndAnEnd() async throws {
        let demo = try await Demonstration()
        let token = try await demo.minted(for: "ada")
        let begun = try await demo.post(RPC.request("initialize", id: 1, .object([:])), token: token)
        let session = try #require(begun.fields["mcp-session-id"])
        #expect(try await demo.post(RPC.request("notifications/initialized", id: nil), token: token).status == 202)
        let listed = try await demo.post(RPC.request("tools/list", id: 2), token: token, session: session)
        #expect(json(listed)["result"]?["tools"]?.array?.count == 2)
        #expect(try await demo.send("DELETE", token: token, session: session).status == 204)
        #expect(try await demo.post(RPC.request("ping", id: 3), token: token, session: session).status == 404)
        await demo.close()
    }

    @Test func whoamiTellsTheTokensUserAndAudience() async throws {
        let demo = try await Demonstration()
        let answer = WhoAmI(
            json(try await demo.post(WhoAmI.request(id: 1), token: try await demo.minted(for: "grace"))))
        #expect(answer.user == "grace")
        #expect(answer.audience == "api://tools")
        await demo.close()
    }

    @Test func refusesEveryTokenThatWasNotMintedForIt() async throws {
        let demo = try await Demonstration()
        let answer = try await demo.post(WhoAmI.request(id: 1), token: nil)
        #expect(answer.status == 401)
        #expect(answer.fields["www-authenticate"] == "Bearer")
        #expect(try await demo.post(WhoAmI.request(id: 1), token: "a.b.c").status == 401)
        let seen = try await demo.seen()
        #expect(seen["accepted"]?.integer == 0)
        #expect(seen["refused"]?.integer == 2)
        await demo.close()
    }

    @Test func slowCountReportsEachStepBeforeItsResult() async throws {
        let demo = try await Demonstration()
        let params: JSON = .object([
            "name": .string("slow_count"), "arguments": .object(["steps": .integer(3)]),
            "_meta": .object(["progressToken": .integer(9)]),
        ])
        let answer = try await demo.post(
            RPC.request("tools/call", id: 4, params), token: try await demo.minted(for: "ada"))
        #expect(answer.fields["content-type"] == "text/event-stream")
        var reader = EventReader()
        let messages = reader.read(answer.body)
        #expect(messages.map { $0["params"]?["progress"]?.integer } == [1, 2, 3, nil])
        #expect(messages.last?["id"]?.integer == 4)
        await demo.close()
    }

    @Test func theProviderLogsItsExchanges() async throws {
        let demo = try await Demonstration()
        _ = try await demo.minted(for: "ada")
        let calls = try await demo.get("/calls")["calls"]?.array ?? []
        #expect(calls.map { $0["user"]?.string } == ["ada"])
        #expect(calls.map { $0["outcome"]?.string } == ["minted"])
        await demo.close()
    }
}
