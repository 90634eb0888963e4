import Bytes
import Configuration
import Identity
import JSON
import MCP
import OnBehalfOf
import Testing

@testable import Proxy

/// A status with what a test varies in it.
private func status(
    draining: Bool = false, lastReloadGood: Bool = true, dropped: UInt64 = 0, certificateEnds: Int? = nil,
    keys: KeyCache.Standing = KeyCache.Standing(keys: 1, age: 1, failedFor: nil), breakerOpen: Bool = false,
    credentialEnds: Int? = nil, failure: ExchangeFault? = nil, reach: Status.Reach = .notCalled, quietFor: Int? = nil,
    title: String? = nil, refusals: [RefusedCall] = [], changes: [String: String] = [:]
) throws -> Status {
    let configuration = try configured(changes)
    let settings = try #require(configuration.servers.first)
    let provider = try #require(configuration.providers[settings.provider])
    var history = ExchangeHistory()
    if let failure { history.note(.failed(failure), for: settings.name, at: 900) }
    return Status(
        now: 1000, startedAt: 0, isDraining: draining, generation: 1, reloads: ([:], lastReloadGood), workers: 1,
        clientConnections: 0, upstreamConnections: 0, droppedLines: dropped, certificateEnds: certificateEnds,
        servers: [
            Status.Server(
                name: settings.name, title: title, description: title, origin: "https://tickets.example.com",
                transport: settings.transport, errors: settings.errors, provider: settings.provider,
                scopes: settings.scopes, openStreams: 0, traffic: Status.Traffic(), reach: reach, quietFor: quietFor,
                exchangeFailure: history.failing[settings.name])
        ],
        providers: [
            Status.Provider(
                name: provider.name,
                standing: ProviderStanding(
                    provider: provider, endpoint: nil, credentialEnds: credentialEnds, history: history),
                isBreakerOpen: breakerOpen, retryIn: breakerOpen ? 5 : nil, exchanges: [:],
                duration: Histogram(bounds: Histogram.requestBounds))
        ],
        issuers: [Status.IssuerKeys(identifier: "https://issuer.example", standing: keys, good: 1, failed: 0)],
        cache: Status.Cache(entries: 0, most: 10, lookups: [:]), unrouted: Status.Traffic(), refusals: refusals)
}

private func problems(_ status: Status) -> [String] { status.problems.map { "\($0.severity) \($0.subject)" } }

private let day = 86_400

@Suite struct StatusProblemTests {
    @Test func wellIsWell() throws {
        #expect(try problems(status()) == [])
        #expect(try problems(status(certificateEnds: 1000 + 30 * day, reach: .answers(3))) == [])
    }

    @Test func whatIsWrongWithTheProxy() throws {
        #expect(try problems(status(draining: true)) == ["fault proxy"])
        #expect(try problems(status(lastReloadGood: false)) == ["warning configuration"])
        #expect(try problems(status(dropped: 1)) == ["warning log"])
    }

    @Test(arguments: [(30 * day - 1, "warning"), (7 * day, "warning"), (7 * day - 1, "fault"), (-1, "fault")])
    func certificatesThatEnd(_ left: Int, _ severity: String) throws {
        let own = try problems(status(certificateEnds: 1000 + left))
        #expect(own == ["\(severity) certificate of the listener"])
        let client = try problems(status(credentialEnds: 1000 + left))
        #expect(client == ["\(severity) client certificate of provider default"])
    }

    @Test func keysThatCannotBeFetched() throws {
        let none = KeyCache.Standing(keys: 0, age: nil, failedFor: 3)
        #expect(try problems(status(keys: none)) == ["fault issuer https://issuer.example"])
        #expect(try !status(keys: none).isReady)
        let early = KeyCache.Standing(keys: 0, age: nil, failedFor: nil)
        #expect(try problems(status(keys: early)) == [])
        let ended = KeyCache.Standing(keys: 0, age: 90_000, failedFor: nil)
        #expect(try problems(status(keys: ended)) == ["fault issuer https://issuer.example"])
        let old = KeyCache.Standing(keys: 2, age: 7200, failedFor: 60)
        #expect(try problems(status(keys: old)) == ["warning issuer https://issuer.example"])
        #expect(try status(keys: old).isReady)
    }

    /// One cause, one problem: while the provider is left alone, that its servers get no tokens is no news.
    @Test func aProviderThatFails() throws {
        let outage = ExchangeFault(.exchangeUnavailable, status: 500)
        #expect(try problems(status(failure: outage)) == ["fault server tickets"])
        #expect(try problems(status(breakerOpen: true, failure: outage)) == ["fault provider default"])
        let problem = try #require(try status(breakerOpen: true, failure: outage).problems.first)
        #expect(problem.advice == outage.operatorAdvice)
    }

    @Test func aUserWhoIsRefusedIsNoProblemOfTheProviders() throws {
        #expect(try problems(status(failure: ExchangeFault(.consentRequired, status: 400))) == [])
    }

    @Test func aServerThatFails() throws {
        #expect(try problems(status(reach: .fails(3, .upstreamUnreachable))) == ["fault server tickets"])
        #expect(try problems(status(quietFor: 3)) == ["fault server tickets"])
    }

    @Test func faultsComeFirst() throws {
        let all = try problems(status(lastReloadGood: false, dropped: 1, reach: .fails(3, .upstreamTimeout)))
        #expect(all == ["fault server tickets", "warning configuration", "warning log"])
    }
}

@Suite struct StatusFormTests {
    private let hostile = "</script><img src=x onerror=alert(1)>\"'&\u{202E}"

    @Test func noTextBecomesMarkup() throws {
        let refused = RefusedCall(
            at: 1, server: hostile, refusal: .expiredToken, status: 200, id: RequestID(bits: 1), user: hostile,
            advice: hostile)
        let page = StatusPage(status: try status(title: hostile, refusals: [refused])).text.text
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\u{FFFD}"))
        #expect(page.ranges(of: "<script>").count == 1)
        #expect(page.ranges(of: "</script>").count == 1)
    }

    @Test func theDocumentIsJSONWithTheSameTexts() throws {
        let bytes = try status(title: hostile).document.bytes
        let document = try JSON.parse(bytes.span)
        #expect(document["servers"]?.array?.first?["title"]?.string == hostile)
        #expect(document["ready"]?.bool == true)
    }

    @Test func whatIsWrongIsTheTitle() throws {
        #expect(StatusPage(status: try status()).text.text.contains("<title>All is well –"))
        let page = StatusPage(status: try status(draining: true, dropped: 1)).text.text
        #expect(page.contains("<title>2 problems –"))
    }

    /// Paths of some servers are credentials, as queries are.
    @Test func ofAServersURLOnlyTheOriginIsShown() async throws {
        let changes = ["OBO_SERVER_TICKETS_URL": "https://tickets.example.com:8443/s/hunter4/mcp?key=hunter4"]
        let control = try LoopActor()
        let shared = try Shared(try configured(changes), workers: 1, log: LogBook().logger(), control: control.loop)
        let status = await StatusReader(shared: shared, workers: []).read()
        #expect(status.servers.map(\.origin) == ["https://tickets.example.com:8443"])
        #expect(!status.document.text.contains("hunter4"))
        #expect(!StatusPage(status: status).text.text.contains("hunter4"))
    }
}

@Suite struct ExchangeHistoryTests {
    @Test func eachServerForItself() {
        var history = ExchangeHistory()
        history.note(.failed(ExchangeFault(.scopeMisconfigured, status: 400)), for: "a", at: 1)
        history.note(.failed(ExchangeFault(.clientRejected, status: 401)), for: "b", at: 2)
        #expect(history.failing.keys.sorted() == ["a", "b"])
        history.note(.failed(ExchangeFault(.consentRequired, status: 400)), for: "b", at: 3)
        #expect(history.failing.keys.sorted() == ["a"])
        #expect(history.lastFailure?.at == 3)
        #expect(history.lastGood == nil)
    }
}
