import Bytes
import Configuration
import Identity
import Libevent
import OnBehalfOf
import OpenSSL
import Synchronization
import Testing

@testable import Proxy

/// One provider, its desk, and everything that is logged on the way.
struct Exchanges {
    let server: ScriptedServer
    let shared: Shared
    let loop: EventLoop
    let log = LogBook()

    init(_ environment: [String: String] = [:], _ script: @escaping ScriptedServer.Script) async throws {
        server = try await ScriptedServer(script)
        let place = ["OBO_TOKEN_ENDPOINT": "\(server.url)/token"].merging(environment) { $1 }
        loop = try EventLoop()
        try loop.start()
        shared = try Shared(try configured(place), workers: 1, log: log.logger(), control: loop)
    }

    var desk: ExchangeDesk { shared.desk }

    func key(_ token: String) -> ExchangeKey {
        ExchangeKey(token: SHA256.digest(Array(token.utf8).span), service: shared.services[0].exchangeDigest)
    }

    func lookup(_ token: String) -> LedgerLookup {
        desk.lookup(key(token), user: key(token).token, provider: 0, userTokenLeft: .max)
    }

    func order(_ flight: FlightID, _ token: String) -> ExchangeOrder {
        ExchangeOrder(
            flight, for: UserToken(opaque: Digest256()) { _ in Array("0123456789ab".utf8) }, Secret(token),
            to: shared.services[0], requestID: "bcdfghjkmnprstvx")
    }

    /// What a request does: look up, and wait where it is told to. The word for what it was told, and the token.
    func mint(_ token: String, looked: Tally? = nil) async -> (told: String, outcome: String) {
        let lookup = lookup(token)
        await looked?.add()
        switch lookup {
        case .hit(let token), .hitRefresh(let token, _): return ("hit", Self.text(token))
        case .join(let flight): return ("join", Self.text(await desk.outcome(of: flight)))
        case .lead(let flight):
            shared.endpoints[0].start(order(flight, token))
            return ("lead", Self.text(await desk.outcome(of: flight)))
        case .negative(let fault): return ("negative", fault.reason.rawValue)
        case .breakerOpen: return ("breakerOpen", "")
        case .throttled: return ("throttled", "")
        case .overloaded: return ("overloaded", "")
        case .absent: return ("absent", "")
        case .renewedInVain: return ("renewedInVain", "")
        }
    }

    static func text(_ token: MintedToken) -> String {
        let buffer = ByteBuffer()
        token.credential().append(to: buffer)
        return buffer.text
    }

    static func text(_ outcome: ExchangeOutcome) -> String {
        switch outcome {
        case .minted(let token): text(token)
        case .failed(let fault): fault.reason.rawValue
        }
    }

    static func token(_ text: String) -> ScriptedServer.Reply {
        .send(
            ScriptedServer.answer("{\"token_type\":\"Bearer\",\"access_token\":\"\(text)\",\"expires_in\":3600}"))
    }

    static func refusal(_ error: String, status: Int = 400, _ fields: String = "X: y") -> ScriptedServer.Reply {
        .send(ScriptedServer.answer("{\"error\":\"\(error)\"}", status: status, fields))
    }
}

@Suite struct TokenEndpointTests {
    @Test func theExchangeIsOnBehalfOfTheUser() async throws {
        let exchanges = try await Exchanges { _ in Exchanges.token("minted") }
        #expect(await exchanges.mint("user.token") == ("lead", "Bearer minted"))
        #expect(await exchanges.mint("user.token") == ("hit", "Bearer minted"))
        let request = try #require(exchanges.server.requests.first)
        #expect(exchanges.server.requests.count == 1)
        #expect(request.head.hasPrefix("POST /token HTTP/1.1\r\n"))
        #expect(request.head.contains("\r\nContent-Length: \(request.body.utf8.count)\r\n"))
        #expect(request.body.contains("requested_token_use=on_behalf_of"))
        #expect(request.body.contains("assertion=user.token"))
        let counts = exchanges.desk.readCounts()
        #expect(counts.exchanges == [.init(provider: "default", server: "tickets", outcome: "minted"): 1])
        #expect(counts.durations["default"]?.count == 1)
    }

    static let transient: [(String, ScriptedServer.Reply)] = [
        ("503", Exchanges.refusal("x", status: 503)), ("429", Exchanges.refusal("x", status: 429)),
        ("closes", .close), ("cuts", .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
    ]

    @Test(arguments: transient.indices) func aTransientFaultIsTriedAgainOnce(_ index: Int) async throws {
        let (name, reply) = Self.transient[index]
        let recovering = try await Exchanges { $0.number == 1 ? reply : Exchanges.token("minted") }
        #expect(await recovering.mint("a") == ("lead", "Bearer minted"), "\(name)")
        #expect(recovering.server.requests.count == 2, "\(name)")
        #expect(recovering.log.text.contains("\"attempts\":2"))

        let lasting = try await Exchanges { _ in reply }
        #expect(await lasting.mint("a").outcome.hasPrefix("exchange_"), "\(name)")
        #expect(lasting.server.requests.count == 2, "\(name)")
    }

    @Test func withoutRetriesOnceIsAll() async throws {
        let exchanges = try await Exchanges(["OBO_RETRIES": "0"]) { _ in Exchanges.refusal("x", status: 503) }
        #expect(await exchanges.mint("a") == ("lead", "exchange_unavailable"))
        #expect(exchanges.server.requests.count == 1)
    }

    static let final: [(ScriptedServer.Reply, String, told: String)] = [
        (Exchanges.refusal("invalid_grant"), "exchange_rejected", "negative"),
        (Exchanges.refusal("consent_required"), "consent_required", "negative"),
        (Exchanges.refusal("invalid_client", status: 401), "client_rejected", "negative"),
        (.send(ScriptedServer.answer("<html>", type: "text/html")), "invalid_exchange_response", "lead"),
        (.send("nonsense\r\n\r\n"), "invalid_exchange_response", "lead"),
    ]

    /// A verdict is asked for once, and remembered; an unreadable answer is neither repeated nor remembered.
    @Test(arguments: final.indices) func aFinalAnswerIsNotAskedForAgain(_ index: Int) async throws {
        let (reply, reason, told) = Self.final[index]
        let exchanges = try await Exchanges { _ in reply }
        #expect(await exchanges.mint("a") == ("lead", reason))
        #expect(exchanges.server.requests.count == 1)
        #expect(await exchanges.mint("a").told == told)
        // Somebody else's token is no part of it.
        #expect(await exchanges.mint("b") == ("lead", reason))
    }

    @Test func aRetryAfterBeyondTheBudgetEndsItAtOnce() async throws {
        let exchanges = try await Exchanges { _ in Exchanges.refusal("x", status: 429, "Retry-After: 60") }
        #expect(await exchanges.mint("a") == ("lead", "exchange_throttled"))
        #expect(exchanges.server.requests.count == 1)
        // And it holds for everybody who wants the same of that provider.
        #expect(await exchanges.mint("b").told == "throttled")
        #expect(exchanges.server.requests.count == 1)
    }

    /// Five failures in a row, attempts and not exchanges: the third exchange's second attempt is not made any more.
    @Test func theBreakerStopsAttempts() async throws {
        let exchanges = try await Exchanges { _ in Exchanges.refusal("x", status: 500) }
        for token in ["a", "b", "c"] { #expect(await exchanges.mint(token) == ("lead", "exchange_unavailable")) }
        #expect(exchanges.server.requests.count == 5)
        #expect(exchanges.desk.isBreakerOpen(provider: 0))
        #expect(await exchanges.mint("d").told == "breakerOpen")
        #expect(exchanges.server.requests.count == 5)
    }

    @Test func aRejectionDoesNotOpenTheBreaker() async throws {
        let exchanges = try await Exchanges { _ in Exchanges.refusal("invalid_grant") }
        for i in 0..<10 { #expect(await exchanges.mint("user \(i)").told == "lead") }
        #expect(!exchanges.desk.isBreakerOpen(provider: 0))
    }

    @Test func anAttemptEndsWithItsTime() async throws {
        let gate = Gate()
        let exchanges = try await Exchanges(["OBO_TIMEOUT": "50ms", "OBO_RETRIES": "0"]) { _ in
            await gate.pass()
            return .close
        }
        #expect(await exchanges.mint("a") == ("lead", "exchange_timeout"))
        await gate.open()
    }

    /// Discovery is part of the attempt: an issuer that does not answer must not add its time.
    @Test func discoveryHasThatTimeToo() async throws {
        let gate = Gate()
        let issuer = try await ScriptedServer { _ in
            await gate.pass()
            return .close
        }
        let environment = [
            "OBO_ISSUER": issuer.url, "OBO_TOKEN_ENDPOINT": "", "OBO_TIMEOUT": "50ms", "OBO_RETRIES": "0",
        ]
        let exchanges = try await Exchanges(environment) { _ in Exchanges.token("minted") }
        #expect(await exchanges.mint("a").outcome.hasPrefix("exchange_"))
        #expect(issuer.requests.count == 1)
        #expect(exchanges.server.requests.count == 0)
        let took = try #require(exchanges.desk.readCounts().durations["default"]?.sum)
        // A tick of the loop's clock is 100 ms, the issuer's own patience 5 s.
        #expect(took < 5_000_000_000)
        await gate.open()
    }
}

@Suite struct ExchangeDeskTests {
    @Test func aThousandWhoWaitAreResumedOnceEach() async throws {
        let (looked, most) = (Tally(), 1_000)
        let exchanges = try await Exchanges { _ in
            await looked.reached(most)
            return Exchanges.token("minted")
        }
        let (told, outcomes) = await withTaskGroup { group in
            for _ in 0..<most { group.addTask { await exchanges.mint("a", looked: looked) } }
            return await group.reduce(into: ([String: Int](), [String: Int]())) {
                $0.0[$1.told, default: 0] += 1
                $0.1[$1.outcome, default: 0] += 1
            }
        }
        #expect(told == ["lead": 1, "join": most - 1])
        #expect(outcomes == ["Bearer minted": most])
        #expect(exchanges.server.requests.count == 1)
        #expect(exchanges.desk.entries == 1)
    }

    @Test func aFailureReachesEverybodyToo() async throws {
        let looked = Tally()
        let exchanges = try await Exchanges { _ in
            await looked.reached(100)
            return Exchanges.refusal("invalid_grant")
        }
        let outcomes = await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { await exchanges.mint("a", looked: looked).outcome } }
            return await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: "exchange_rejected", count: 100))
        #expect(exchanges.desk.entries == 0)
    }

    /// Answers that come in another order than the questions still go to those who asked.
    @Test func keysThatOverlapStayApart() async throws {
        let (arrived, gate) = (Tally(), Gate())
        let exchanges = try await Exchanges { request in
            await arrived.add()
            let user = request.body.contains("assertion=ann") ? "ann" : "bob"
            if user == "ann" { await gate.pass() }
            return Exchanges.token("minted-for-\(user)")
        }
        async let ann = exchanges.mint("ann")
        await arrived.reached(1)
        async let bob = exchanges.mint("bob")
        #expect(await bob == ("lead", "Bearer minted-for-bob"))
        await gate.open()
        #expect(await ann == ("lead", "Bearer minted-for-ann"))
        #expect(await exchanges.mint("ann") == ("hit", "Bearer minted-for-ann"))
        #expect(await exchanges.mint("bob") == ("hit", "Bearer minted-for-bob"))
    }

    @Test func whoComesLateToWaitStillGetsTheOutcome() async throws {
        let exchanges = try await Exchanges { _ in Exchanges.token("minted") }
        guard case .lead(let flight) = exchanges.lookup("a"), case .join(let joined) = exchanges.lookup("a") else {
            Issue.record("no flight")
            return
        }
        #expect(flight == joined)
        exchanges.shared.endpoints[0].start(exchanges.order(flight, "a"))
        #expect(Exchanges.text(await exchanges.desk.outcome(of: flight)) == "Bearer minted")
        #expect(Exchanges.text(await exchanges.desk.outcome(of: joined)) == "Bearer minted")
    }

    @Test func whatIsForgottenIsMintedAnew() async throws {
        let exchanges = try await Exchanges { Exchanges.token("minted-\($0.number)") }
        #expect(await exchanges.mint("a").outcome == "Bearer minted-1")
        guard case .hit(let token) = exchanges.lookup("a") else {
            Issue.record("not kept")
            return
        }
        exchanges.desk.forget(exchanges.key("a"), token)
        #expect(await exchanges.mint("a") == ("lead", "Bearer minted-2"))
        // The old one again: the newer is not it.
        exchanges.desk.forget(exchanges.key("a"), token)
        #expect(await exchanges.mint("a") == ("hit", "Bearer minted-2"))
        #expect(exchanges.desk.evict(nil) == 1)
        #expect(await exchanges.mint("a") == ("lead", "Bearer minted-3"))
    }
}
