import Bytes
import Configuration
import Identity
import JSON
import Libevent
import OpenSSL
import Synchronization
import Testing

@testable import Proxy

/// An issuer's two documents, and how it is doing.
private final class Publisher: Sendable {
    struct Conduct: Sendable {
        var issuer: String?
        var keys = ["k1"]
        var isDown = false
        var statesTokenEndpoint = true
        var gate: Gate?
    }

    let conduct = Mutex(Conduct())
    private let jwk: [JSON.Object]

    init() throws {
        jwk = try (1...2).map { number in
            guard
                case .ellipticCurve(let curve, let x, let y) = try PrivateKey(
                    generating: JWSAlgorithm.es256.keyType
                ).publicMembers()
            else { throw Unexpected() }
            func text(_ bytes: [UInt8]) -> JSON {
                .string(String(decoding: Base64URL.encode(bytes.span), as: UTF8.self))
            }
            return [
                "kty": .string("EC"), "crv": .string(curve.rawValue), "x": text(x), "y": text(y),
                "kid": .string("k\(number)"),
            ]
        }
    }

    struct Unexpected: Error {}

    func answer(_ request: ScriptedServer.Request) async -> ScriptedServer.Reply {
        let conduct = conduct.withLock { $0 }
        await conduct.gate?.pass()
        if conduct.isDown { return .sendAndClose(ScriptedServer.answer("", status: 503)) }
        if request.path == "/keys" {
            let keys = jwk.filter { key in conduct.keys.contains { key["kid"]?.string == $0 } }.map(JSON.object)
            return .send(ScriptedServer.answer(Self.text(["keys": .array(keys)])))
        }
        let host = request.head.split(separator: "\r\n").first { $0.hasPrefix("Host: ") }?.dropFirst(6) ?? ""
        var document: JSON.Object = [
            "issuer": .string(conduct.issuer ?? "http://\(host)"), "jwks_uri": .string("http://\(host)/keys"),
        ]
        if conduct.statesTokenEndpoint { document["token_endpoint"] = .string("http://\(host)/token") }
        return .send(ScriptedServer.answer(Self.text(document)))
    }

    private static func text(_ object: JSON.Object) -> String {
        String(decoding: JSON.object(object).bytes, as: UTF8.self)
    }
}

@Suite struct KeySourceTests {
    private struct Setting {
        let publisher: Publisher
        let server: ScriptedServer
        let source: KeySource
        let clock: Clock
        let log: LogBook

        var asked: [String] { server.requests.map(\.path) }
    }

    private final class Clock: Sendable {
        let milliseconds = Atomic<UInt64>(10_000_000)
        var now: UInt64 { milliseconds.load(ordering: .relaxed) }
        func pass(seconds: Int) { milliseconds.add(UInt64(seconds) * 1000, ordering: .relaxed) }
    }

    private static let document = "/.well-known/openid-configuration"

    private static func setting(_ environment: (String) -> [String: String] = { ["OBO_ISSUER": $0] }) async throws
        -> Setting
    {
        let publisher = try Publisher()
        let server = try await ScriptedServer { await publisher.answer($0) }
        let identity = try configured(environment(server.url)).identity
        let loop = try EventLoop()
        try loop.start()
        let (clock, log) = (Clock(), LogBook())
        let source = KeySource(
            identity, tls: try TLSClientContext(extraTrust: nil), log: log.logger(), on: loop, clock: { clock.now })
        return Setting(publisher: publisher, server: server, source: source, clock: clock, log: log)
    }

    private static func fault(_ setting: Setting, _ keyID: String?) async -> TokenFault? {
        do {
            _ = try await setting.source.keys(of: setting.server.url, keyID: keyID)
            return nil
        } catch { return error }
    }

    @Test func keysAreFoundByDiscoveryOnce() async throws {
        let setting = try await Self.setting()
        #expect(try await setting.source.keys(of: setting.server.url, keyID: "k1").contains(keyID: "k1"))
        #expect(try await setting.source.keys(of: setting.server.url, keyID: nil).count == 1)
        #expect(setting.asked == [Self.document, "/keys"])
        #expect(setting.source.refreshes.read()[setting.server.url]?.good == 1)
        #expect(setting.source.ready.withLock { $0 } == [setting.server.url])
    }

    @Test func aConfiguredPlaceNeedsNoDiscovery() async throws {
        let setting = try await Self.setting { ["OBO_ISSUER": $0, "OBO_JWKS_URI": "\($0)/keys"] }
        #expect(try await setting.source.keys(of: setting.server.url, keyID: "k1").count == 1)
        #expect(setting.asked == ["/keys"])
    }

    @Test func aDocumentThatSpeaksForAnotherIssuerIsRefused() async throws {
        let setting = try await Self.setting()
        setting.publisher.conduct.withLock { $0.issuer = "http://127.0.0.1:1" }
        #expect(await Self.fault(setting, "k1") == .keysUnavailable)
        // Its keys were not even asked for.
        #expect(setting.asked == [Self.document])
        #expect(await setting.source.tokenEndpoint(within: 5000) == nil)
        #expect(setting.source.ready.withLock { $0 }.isEmpty)
        #expect(setting.source.refreshes.read()[setting.server.url]?.failed == 1)
        #expect(setting.log.text.contains("issuerMismatch"))
    }

    @Test func manyWhoAskAtOnceAreOneFetch() async throws {
        let setting = try await Self.setting()
        let gate = Gate()
        setting.publisher.conduct.withLock { $0.gate = gate }
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 {
                group.addTask { try await setting.source.keys(of: setting.server.url, keyID: "k1").count }
            }
            while await setting.source.waiters < 100 { await Task.yield() }
            await gate.open()
            for try await count in group { #expect(count == 1) }
        }
        #expect(setting.asked == [Self.document, "/keys"])
    }

    /// Whoever asks comes from another loop, and may come in the very moment in which the keys do.
    @Test(.timeLimit(.minutes(1))) func nobodyIsLeftWaiting() async throws {
        let far = try EventLoop()
        try far.start()
        defer { far.stop() }
        for _ in 0..<100 {
            let setting = try await Self.setting()
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask(executorPreference: far) {
                        try await setting.source.keys(of: setting.server.url, keyID: "k1").count
                    }
                }
                for try await count in group { #expect(count == 1) }
            }
        }
    }

    @Test func manyUnknownKeysAreOneFetchInFiveMinutes() async throws {
        let setting = try await Self.setting()
        _ = try await setting.source.keys(of: setting.server.url, keyID: "k1")
        for i in 0..<20 { #expect(await Self.fault(setting, "made-up-\(i)") == .invalidSignature) }
        #expect(setting.asked.filter { $0 == "/keys" }.count == 2)
        setting.clock.pass(seconds: 300)
        #expect(await Self.fault(setting, "made-up") == .invalidSignature)
        #expect(setting.asked.filter { $0 == "/keys" }.count == 3)
        #expect(await Self.fault(setting, "k1") == nil)
    }

    @Test func aKeyThatCameWithARotationIsFound() async throws {
        let setting = try await Self.setting()
        _ = try await setting.source.keys(of: setting.server.url, keyID: "k1")
        setting.publisher.conduct.withLock { $0.keys = ["k1", "k2"] }
        #expect(try await setting.source.keys(of: setting.server.url, keyID: "k2").contains(keyID: "k2"))
    }

    @Test func afterAnOutageKeysAreBack() async throws {
        let setting = try await Self.setting()
        setting.publisher.conduct.withLock { $0.isDown = true }
        #expect(await Self.fault(setting, "k1") == .keysUnavailable)
        // Not hammered meanwhile.
        #expect(await Self.fault(setting, "k1") == .keysUnavailable)
        #expect(setting.asked.count == 1)
        setting.publisher.conduct.withLock { $0.isDown = false }
        setting.clock.pass(seconds: KeyCache.outagePause)
        #expect(await Self.fault(setting, "k1") == nil)
        #expect(setting.source.ready.withLock { $0 } == [setting.server.url])
    }

    /// Keys that were good stay good for their day while the issuer is down; an empty set is no better than none.
    @Test(arguments: [true, false]) func goodKeysOutliveTheIssuersTrouble(_ down: Bool) async throws {
        let setting = try await Self.setting()
        #expect(await Self.fault(setting, "k1") == nil)
        setting.publisher.conduct.withLock {
            $0.isDown = down
            $0.keys = []
        }
        setting.clock.pass(seconds: KeyCache.refreshAge)
        #expect(await Self.fault(setting, "k1") == nil)
        while setting.source.refreshes.read()[setting.server.url]?.failed != 1 { await Task.yield() }
        #expect(await Self.fault(setting, "k1") == nil)
        setting.clock.pass(seconds: KeyCache.lifetime)
        #expect(await Self.fault(setting, "k1") == .keysUnavailable)
    }

    @Test func theTokenEndpointIsTheDocuments() async throws {
        let setting = try await Self.setting()
        #expect(await setting.source.tokenEndpoint(within: 5000)?.description == "\(setting.server.url)/token")
        #expect(await setting.source.tokenEndpoint(within: 5000) != nil)
        #expect(setting.asked == [Self.document])
        let silent = try await Self.setting()
        silent.publisher.conduct.withLock { $0.statesTokenEndpoint = false }
        #expect(await silent.source.tokenEndpoint(within: 5000) == nil)
    }

    @Test func anIssuerThatNobodyConfiguredIsNeverAsked() async throws {
        let setting = try await Self.setting()
        do {
            _ = try await setting.source.keys(of: "http://127.0.0.1:1", keyID: "k1")
            Issue.record("keys from nowhere")
        } catch { #expect(error == .keysUnavailable) }
        #expect(setting.asked == [])
    }
}
