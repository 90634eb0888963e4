import Configuration
import Libevent
import OnBehalfOf
import Testing

@testable import Proxy

/// What of one generation of settings serves in the next one as well.
@Suite struct GenerationTests {
    private let loop: EventLoop
    private let first: Shared

    init() throws {
        loop = try EventLoop()
        first = try Shared(try configured(), workers: 1, log: LogBook().logger(), control: loop)
    }

    private func next(_ changes: [String: String], after previous: Shared? = nil) throws -> Shared {
        let changes = changes.filter { !$0.value.isEmpty }
        return try Shared(
            try configured(changes), workers: 1, log: LogBook().logger(), control: loop, after: previous ?? first)
    }

    private static let wiki = [
        "OBO_SERVER_WIKI_URL": "https://wiki.example.com/mcp", "OBO_SERVER_WIKI_SCOPES": "api://wiki/read",
    ]

    @Test func whatIsSetAsBeforeStays() throws {
        let second = try next(["OBO_TIMEOUTS_RESPONSE": "50s"].merging(Self.wiki) { $1 })
        #expect(second.generation == 2)
        #expect(second.lasting === first.lasting)
        #expect(second.keys === first.keys)
        #expect(second.authenticator === first.authenticator)
        #expect(second.endpoints[0] === first.endpoints[0])
        #expect(second.door == first.door)
        let tickets = try #require(second.services.first { $0.name == "tickets" })
        #expect(tickets.dial == first.services[0].dial)
        #expect(tickets.breaker == first.services[0].breaker)
        #expect(tickets.timeouts.response == 50_000)
    }

    static let changes = [
        // The change; whether user tokens are judged anew, keys asked for anew, the provider spoken to anew.
        (["OBO_CLOCK_SKEW": "10s"], true, false, false),
        (["OBO_REQUIRE_SCOPE": "x"], true, false, false),
        (["OBO_JWKS_URI": "https://id.example.com/keys"], true, true, true),
        (["OBO_SESSION_KEY": "0123456789abcdef0123456789abcdef"], true, false, false),
        (["OBO_CLIENT_SECRET": "hunter3"], false, false, true),
        (["OBO_TIMEOUT": "4s"], false, false, true),
        // The client id is also the audience.
        (["OBO_CLIENT_ID": "other"], true, false, true),
        (["OBO_LOG_LEVEL": "debug"], false, false, false),
    ]

    @Test(arguments: changes) func aChangeReachesWhatItIsAbout(
        _ change: [String: String], _ judges: Bool, _ keys: Bool, _ provider: Bool
    ) throws {
        let second = try next(change)
        #expect((second.authenticator !== first.authenticator) == judges)
        #expect((second.keys !== first.keys) == keys)
        #expect((second.endpoints[0] !== first.endpoints[0]) == provider)
        #expect((second.services[0].breaker != first.services[0].breaker) == provider)
    }

    /// A name's counts are its own, whatever comes and goes around it.
    @Test func serversKeepTheirPlaces() throws {
        let second = try next(Self.wiki)
        let third = try next(
            ["OBO_SERVER_ABC_URL": "http://127.0.0.1:9", "OBO_SERVER_ABC_SCOPES": "api://abc/x"], after: second)
        #expect(third.serverNames == ["tickets", "wiki", "abc"])
        for service in first.services + second.services + third.services {
            #expect(third.serverNames[service.index] == service.name)
        }
    }

    /// Connections to where a server was are of no use to where it is, also when it comes back.
    @Test func aServerThatMovesIsDialledAnew() throws {
        let second = try next(["OBO_SERVER_TICKETS_URL": "http://127.0.0.1:10/mcp"])
        let third = try next([:], after: second)
        #expect(Set([first, second, third].map { $0.services[0].dial }).count == 3)
        let path = try next(["OBO_SERVER_TICKETS_URL": "http://127.0.0.1:9/other"])
        #expect(path.services[0].dial == first.services[0].dial)
    }

    @Test func anotherDoorIsToldApart() throws {
        let second = try next(["OBO_LISTEN": "127.0.0.1:7777"])
        #expect(second.door != first.door)
        #expect(
            try next(["OBO_LISTEN": "127.0.0.1:7777", "OBO_LOG_LEVEL": "debug"], after: second).door == second.door)
    }

    private func led(_ shared: Shared, _ key: ExchangeKey) -> FlightID? {
        let lookup = shared.desk.lookup(key, user: key.token, provider: 0, userTokenLeft: .max)
        if case .lead(let flight) = lookup { return flight }
        return nil
    }

    /// Whoever goes on holding the old endpoint: what it owns is closed on its own loop.
    @Test func whatIsReplacedEndsOnItsLoop() async throws {
        try loop.start()
        let exchanges = try await Exchanges { _ in .send(ScriptedServer.answer("{}", status: 503)) }
        weak var replaced: TokenEndpoint?
        do {
            let old = try Shared(
                try configured(["OBO_TOKEN_ENDPOINT": "\(exchanges.server.url)/token", "OBO_RETRIES": "0"]), workers: 1,
                log: LogBook().logger(), control: loop)
            replaced = old.endpoints[0]
            let key = exchanges.key("a")
            let flight = try #require(led(old, key))
            // Leaves a kept connection behind, whose events are the loop's.
            old.endpoints[0].start(exchanges.order(flight, "a"))
            _ = await old.desk.outcome(of: flight)
            _ = try next(["OBO_TIMEOUT": "4s"], after: old)
        }
        while replaced != nil { await Task.yield() }
    }

    @Test func usersKeepTheirBucketsUntilTheRateChanges() throws {
        #expect(first.rates == nil)
        let second = try next(["OBO_LIMITS_REQUESTS_PER_USER": "10/s"])
        let third = try next(
            ["OBO_LIMITS_REQUESTS_PER_USER": "10/s", "OBO_TIMEOUTS_RESPONSE": "50s"], after: second)
        #expect(second.rates != nil)
        #expect(third.rates === second.rates)
        #expect(try next(["OBO_LIMITS_REQUESTS_PER_USER": "11/s"], after: third).rates !== third.rates)
    }
}
