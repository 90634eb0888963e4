import Bytes
import Configuration
import HTTP1
import Libevent
import MCP
import OnBehalfOf
import Synchronization
import Testing

@testable import Proxy

@Suite struct HistogramTests {
    @Test func aValueOnABoundBelongsToItsBucketAndTheRestOnlyToTheCount() {
        var histogram = Histogram(bounds: [10, 20])
        for value in [0, 10, 11, 20, 21, 1_000] as [UInt64] { histogram.observe(nanoseconds: value) }
        #expect(histogram.buckets == [2, 2])
        #expect(histogram.count == 6)
        #expect(histogram.sum == 1_062)
    }

    @Test func addingSumsBucketsCountAndSum() {
        var one = Histogram(bounds: [10, 20])
        var other = one
        one.observe(nanoseconds: 5)
        other.observe(nanoseconds: 5)
        other.observe(nanoseconds: 15)
        other.observe(nanoseconds: 25)
        one.add(other)
        #expect(one.buckets == [2, 1])
        #expect(one.count == 4)
        #expect(one.sum == 50)
    }

    /// As Prometheus estimates them: evenly within a bucket.
    @Test(arguments: [(0.5, 10), (0.25, 5), (0.75, 15), (1.0, 20)] as [(Double, UInt64)])
    func quantilesLieWithinTheirBucket(_ share: Double, _ value: UInt64) {
        var histogram = Histogram(bounds: [10, 20])
        for value in [1, 2, 11, 12] as [UInt64] { histogram.observe(nanoseconds: value) }
        #expect(histogram.quantile(share) == value)
    }

    @Test func quantilesOfNothingAndBeyondTheLastBound() {
        var histogram = Histogram(bounds: [10, 20])
        #expect(histogram.quantile(0.5) == nil)
        histogram.observe(nanoseconds: 1_000_000)
        #expect(histogram.quantile(0.5) == 20)
    }

    @Test func requestBoundsAscendFromAMillisecondToAMinute() {
        let bounds = Histogram.requestBounds
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(bounds.first == 1_000_000)
        #expect(bounds.last == 60_000_000_000)
    }
}

@Suite struct MetricsTests {
    private func counts(_ servers: Int, _ body: (inout Metrics.Counts) -> Void) -> Metrics.Counts {
        let metrics = Metrics(servers: servers)
        metrics.record(body)
        return metrics.read()
    }

    @Test func workersAddUp() {
        var sum = counts(2) {
            $0.finished(server: 0, method: .post, status: 200, lookup: .hit, refusal: nil, nanoseconds: 1)
            $0.finished(server: 1, method: .get, status: 503, lookup: nil, refusal: "overloaded", nanoseconds: 1)
            $0.looked(up: .miss, server: 0)
            $0.streamOpened(1, by: 1)
            $0.clientConnections = 3
            $0.upstreamConnections = 2
        }
        sum.add(
            counts(2) {
                $0.finished(server: 0, method: .post, status: 200, lookup: .hit, refusal: nil, nanoseconds: 1)
                $0.finished(server: 1, method: .get, status: 503, lookup: nil, refusal: "overloaded", nanoseconds: 1)
                $0.looked(up: .joined, server: 0)
                $0.streamOpened(1, by: 1)
                $0.clientConnections = 4
                $0.upstreamConnections = 5
            })
        #expect(
            sum.requests == [
                .init(server: 0, method: .post, status: 200): 2, .init(server: 1, method: .get, status: 503): 2,
            ])
        #expect(
            sum.lookups == [
                .init(server: 0, result: .hit): 2, .init(server: 0, result: .miss): 1,
                .init(server: 0, result: .joined): 1,
            ])
        #expect(sum.refusals == [.init(server: 1, reason: "overloaded"): 2])
        #expect(sum.durations.map(\.count) == [2, 2])
        #expect(sum.openStreams == [0, 2])
        #expect(sum.clientConnections == 7)
        #expect(sum.upstreamConnections == 7)
    }

    @Test func theLastSignOfLifeCountsWhicheverWorkerSawIt() {
        let one = counts(1) { $0.heard(0, hasAnswered: false, refusal: .upstreamUnreachable, at: 5) }
        var sum = counts(1) { $0.heard(0, hasAnswered: true, refusal: nil, at: 3) }
        sum.add(one)
        #expect(sum.signs.map(\.heard) == [3])
        #expect(sum.signs.map(\.failed) == [5])
        #expect(sum.signs.first?.refusal == .upstreamUnreachable)
        // What was refused before a server was asked says nothing of it.
        sum.heard(0, hasAnswered: false, refusal: .expiredToken, at: 9)
        #expect(sum.signs.map(\.heard) == [3])
    }

    /// A wait has counted its look-up already; only a hit is left to the end of the request.
    @Test(arguments: TokenLookup.allCases) func aFinishedRequestCountsOnlyItsHit(_ lookup: TokenLookup) {
        let counts = counts(1) {
            $0.finished(server: 0, method: .post, status: 200, lookup: lookup, refusal: nil, nanoseconds: 1)
        }
        #expect(counts.lookups == (lookup == .hit ? [.init(server: 0, result: .hit): 1] : [:]))
    }

    @Test func aRequestWithoutAServerHasAPlaceOfItsOwn() {
        let counts = counts(1) {
            $0.finished(
                server: Metrics.noServer, method: .other, status: 404, lookup: nil, refusal: "unknown_server",
                nanoseconds: 1)
            $0.streamOpened(Metrics.noServer, by: 1)
        }
        #expect(counts.durations.map(\.count) == [0])
        #expect(counts.unrouted.count == 1)
        #expect(counts.openStreams == [0])
    }

    /// As long as an upstream connection lives it counts, whoever holds it, and not a moment longer.
    @Test func anUpstreamConnectionCountsWhileItLives() async throws {
        let actor = try LoopActor()
        await actor.run { actor in
            let metrics = Metrics(servers: 1)
            let pair = SocketPair(on: actor.loop)
            var peer: Peer? = Peer(pair.far, pool: BufferPool(), countedIn: metrics)
            let pool = UpstreamPool()
            #expect(metrics.read().upstreamConnections == 1)
            if let peer { pool.give(peer, hint: nil) }
            peer = nil
            #expect(metrics.read().upstreamConnections == 1)
            pool.sweep(now: .max)
            #expect(metrics.read().upstreamConnections == 0)
        }
    }
}

@Suite struct ExpositionTests {
    @Test func countersAreWrittenUnderTheirConfiguredNames() {
        let metrics = Metrics(servers: 2)
        metrics.record {
            $0.finished(server: 1, method: .post, status: 200, lookup: .hit, refusal: nil, nanoseconds: 3_000_000)
            $0.finished(
                server: Metrics.noServer, method: .other, status: 404, lookup: nil, refusal: "unknown_server",
                nanoseconds: 0)
        }
        var page = Exposition(servers: ["tickets", "wiki"])
        page.requests(metrics.read())
        let lines = Set(page.text.split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                "# TYPE obo_requests_total counter",
                "obo_requests_total{server=\"wiki\",method=\"POST\",status=\"200\"} 1",
                "obo_requests_total{server=\"\",method=\"other\",status=\"404\"} 1",
                "obo_token_lookups_total{server=\"wiki\",result=\"hit\"} 1",
                "obo_refusals_total{server=\"\",reason=\"unknown_server\"} 1",
                "obo_request_duration_seconds_bucket{server=\"wiki\",le=\"0.002\"} 0",
                "obo_request_duration_seconds_bucket{server=\"wiki\",le=\"0.005\"} 1",
                "obo_request_duration_seconds_bucket{server=\"wiki\",le=\"60.0\"} 1",
                "obo_request_duration_seconds_bucket{server=\"wiki\",le=\"+Inf\"} 1",
                "obo_request_duration_seconds_sum{server=\"wiki\"} 0.003",
                "obo_request_duration_seconds_count{server=\"wiki\"} 1",
            ]))
    }

    @Test func bucketsAccumulate() {
        var histogram = Histogram(bounds: [1_000_000_000, 2_000_000_000])
        for seconds in [0, 1, 2, 3] as [UInt64] { histogram.observe(nanoseconds: seconds * 1_000_000_000) }
        var page = Exposition(servers: [])
        page.histogram("h", [("a", "b")], histogram)
        #expect(
            page.text == """
                h_bucket{a="b",le="1.0"} 2
                h_bucket{a="b",le="2.0"} 3
                h_bucket{a="b",le="+Inf"} 4
                h_sum{a="b"} 6.0
                h_count{a="b"} 4

                """)
    }

    @Test func labelValuesAreEscaped() {
        var page = Exposition(servers: [])
        page.sample("m", [("l", "a\"b\\c\nd")], "1")
        #expect(page.text == "m{l=\"a\\\"b\\\\c\\nd\"} 1\n")
    }

    @Test func noLabelIsWrittenWithoutBraces() {
        var page = Exposition(servers: [])
        page.sample("m", [], "1")
        #expect(page.text == "m 1\n")
    }

    /// What a request can choose freely (its method, its path) must not make new series.
    @Test func freeTextMakesNoNewSeries() throws {
        let metrics = Metrics(servers: 1)
        for word in ["BREW", "PROPFIND", "X"] {
            let text = "\(word) /\(word) HTTP/1.1\r\nHost: a\r\n\r\n"
            var scanned = 0
            let head = try #require(
                try RequestHead.parse(Array(text.utf8).span, limits: HeadLimits(), scanned: &scanned))
            metrics.record {
                $0.finished(
                    server: Metrics.noServer, method: head.method, status: 405, lookup: nil,
                    refusal: "method_not_allowed",
                    nanoseconds: 0)
            }
        }
        var page = Exposition(servers: ["tickets"])
        page.requests(metrics.read())
        #expect(page.text.contains("obo_requests_total{server=\"\",method=\"other\",status=\"405\"} 3\n"))
        #expect(!page.text.contains("BREW"))
    }

    /// The whole page as Prometheus would check it: one HELP and TYPE a family, samples under their family, values
    /// that are numbers, no series twice.
    @Test func theWholePageIsWellFormed() async throws {
        let configuration = try configured([
            "OBO_SERVER_WIKI_URL": "https://wiki.example.com/mcp", "OBO_SERVER_WIKI_SCOPES": "api://wiki/x",
        ])
        let shared = try Shared(configuration, workers: 1, log: LogBook().logger(), control: try EventLoop())
        let metrics = Metrics(servers: 2)
        metrics.record {
            for server in -1...1 {
                for method in [Method.get, .post, .other] {
                    $0.finished(
                        server: server, method: method, status: 200, lookup: .hit, refusal: "draining", nanoseconds: 9)
                }
            }
        }
        shared.desk.count(provider: "default", server: "wiki", outcome: "minted", nanoseconds: 5)
        shared.desk.count(provider: "default", server: "wiki", outcome: "exchange_rejected", nanoseconds: 5)
        for isGood in [true, false, true] { shared.lasting.refreshes.count(tenant, isGood: isGood) }
        var page = Exposition(servers: shared.services.map(\.name))
        page.requests(metrics.read())
        page.exchanges(shared.desk.readCounts())
        page.gauges(metrics.read(), shared)

        var families: Set<String> = []
        var series: Set<Substring> = []
        var family: Substring = ""
        for line in page.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# ") {
                family = words[2]
                if words[1] == "TYPE" { #expect(families.insert(String(family)).inserted, "\(family) twice") }
                continue
            }
            let name = line.prefix { $0 != "{" && $0 != " " }
            let suffixes = ["", "_bucket", "_sum", "_count"]
            #expect(suffixes.contains { name == family + $0 }, "\(name) under \(family)")
            #expect(words.last.flatMap { Double($0) } != nil, "no number: \(line)")
            let end = try #require(line.lastIndex(of: " "))
            #expect(series.insert(line[..<end]).inserted, "twice: \(line)")
        }
        #expect(
            families.isSuperset(of: [
                "obo_requests_total", "obo_request_duration_seconds", "obo_token_lookups_total", "obo_exchanges_total",
                "obo_exchange_duration_seconds", "obo_refusals_total", "obo_open_connections", "obo_open_streams",
                "obo_cache_entries", "obo_breaker_open", "obo_jwks_refresh_total", "obo_build_info",
                "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
            ]))
        #expect(page.text.contains("obo_exchanges_total{provider=\"default\",server=\"wiki\",outcome=\"minted\"} 1\n"))
        #expect(page.text.contains("obo_jwks_refresh_total{issuer=\"\(tenant)\",outcome=\"failed\"} 1\n"))
    }
}
