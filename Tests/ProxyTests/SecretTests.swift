import Bytes
import Configuration
import FoundationEssentials
import Identity
import Libevent
import Logging
import OnBehalfOf
import Testing

@testable import Proxy

/// What must never be seen: each is long enough that finding a part of it is no accident.
private enum Sentinel {
    static let client = "Sentinel-Client-Secret-1f0b6f3f"
    static let sidecar = "Sentinel-Sidecar-Key-9d1b6a5c"
    static let session = "Sentinel-Session-Key-0c5e8f7a-0c5e8f7a"
    static let previous = "Sentinel-Previous-Key-3e9c41d7"
    static let header = "Sentinel-Header-Value-4b7d2c1e"
    static let assertion = "eyJhbGciOiJSUzI1NiJ9.U2VudGluZWwtQXNzZXJ0aW9uLUNsYWltcw.U2VudGluZWwtU2lnbmF0dXJl"
    static let minted = "Sentinel-Minted-Token-77aa88bb"
    static let all = [client, sidecar, session, previous, header, assertion, minted]

    /// The ways in which Swift and our own code write bytes.
    static func traces(of secret: String) -> [String] {
        let bytes = Array(secret.utf8.prefix(12))
        return [
            String(secret.prefix(20)), bytes.map(String.init).joined(separator: ", "),
            bytes.map { String($0, radix: 16) }.joined(),
            String(decoding: Base64URL.encode(bytes.span), as: UTF8.self),
        ]
    }

    static func found(in text: String) -> [String] {
        all.filter { secret in traces(of: secret).contains { text.contains($0) } }
    }
}

private func setting(_ tokenEndpoint: String, _ log: LogBook) throws -> (ProxyConfiguration, Shared) {
    let file = """
        identity:
          issuer: \(tenant)
        exchange:
          client_id: client
          token_endpoint: \(tokenEndpoint)
          client_secret: \(Sentinel.client)
        sidecar_key: \(Sentinel.sidecar)
        session_key: \(Sentinel.session)
        previous_session_key: \(Sentinel.previous)
        servers:
          tickets:
            url: http://127.0.0.1:9/mcp
            obo: {scopes: api://tickets/access}
            headers: {X-Api-Key: \(Sentinel.header)}

        """
    let configuration = try ProxyConfiguration.load(file: "proxy.yaml", environment: [:]) {
        (_: String) throws(FileFault) -> [UInt8] in Array(file.utf8)
    }.configuration
    let loop = try EventLoop()
    try loop.start()
    return (configuration, try Shared(configuration, workers: 1, log: log.logger(), control: loop))
}

@Suite struct SecretTests {
    /// Whatever somebody interpolates into a log line, or dumps: nothing that holds a secret shows it.
    @Test func whatHoldsASecretDoesNotPrintIt() throws {
        let log = LogBook()
        let (configuration, shared) = try setting("https://id.example.com/token", log)
        let service = shared.services[0]
        let reply = HTTPReply(
            status: 200, contentType: "application/json", retryAfter: "", date: "", body: Array(Sentinel.minted.utf8))
        let body = "{\"token_type\":\"Bearer\",\"access_token\":\"\(Sentinel.minted)\"}"
        let outcome = ExchangeResponse.read(
            .init(status: 200, contentType: "application/json"), body: Array(body.utf8).span,
            grant: .jwtBearer, subject: Secret(Sentinel.assertion), now: 0, wallClock: 0)
        guard case .minted = outcome else {
            Issue.record("no token")
            return
        }
        guard
            case .lead(let flight) = shared.desk.lookup(
                ExchangeKey(token: Digest256(), service: service.exchangeDigest), user: Digest256(), provider: 0,
                userTokenLeft: .max)
        else {
            Issue.record("no flight")
            return
        }
        let order = ExchangeOrder(
            flight, for: UserToken(opaque: Digest256()) { $0 }, Secret(Sentinel.assertion), to: service, requestID: "")
        #expect(String(decoding: service.headStart, as: UTF8.self).contains(Sentinel.header), "nothing to find")

        let holders: [Any] = [
            configuration, configuration.servers, configuration.providers, shared, service, service.target, reply,
            outcome, order, shared.endpoints[0], shared.keys,
        ]
        for holder in holders {
            var dumped = ""
            dump(holder, to: &dumped)
            for text in ["\(holder)", String(reflecting: holder), dumped] {
                #expect(Sentinel.found(in: text) == [], "\(type(of: holder))")
            }
            log.logger().critical("a careless line", metadata: ["holder": "\(holder)", "twice": ["\([holder])"]])
        }
        #expect(log.events.count == holders.count)
        #expect(Sentinel.found(in: log.text) == [])
    }

    /// A provider that repeats everything it was sent, in every field, at every status.
    private static func echoes() -> [ScriptedServer.Reply] {
        let parrot = Sentinel.all.joined(separator: " ")
        let members = ["error", "error_description", "suberror", "correlation_id", "trace_id", "claims", "error_uri"]
        var replies: [ScriptedServer.Reply] = []
        for secret in [parrot, Sentinel.assertion, Sentinel.client] {
            let body = members.map { "\"\($0)\":\"\(secret)\"" }.joined(separator: ",")
            for status in [200, 302, 400, 401, 403, 429, 500] {
                replies.append(.send(ScriptedServer.answer("{\(body)}", status: status, "Location: /\(secret)")))
            }
            replies.append(.send(ScriptedServer.answer(secret, type: secret)))
            replies.append(.sendAndClose("\(secret)\r\n\r\n"))
            replies.append(.sendAndClose("HTTP/1.1 200 \(secret)\r\nContent-Length: 9\r\n\r\n\(secret.prefix(4))"))
        }
        replies.append(Exchanges.token(Sentinel.assertion))
        replies.append(Exchanges.token(Sentinel.minted))
        return replies
    }

    @Test func noExchangeLogsWhatItSentOrGot() async throws {
        let log = LogBook()
        for reply in Self.echoes() {
            let server = try await ScriptedServer { _ in reply }
            let (_, shared) = try setting("\(server.url)/token", log)
            let service = shared.services[0]
            guard
                case .lead(let flight) = shared.desk.lookup(
                    ExchangeKey(token: Digest256(), service: service.exchangeDigest), user: Digest256(), provider: 0,
                    userTokenLeft: .max)
            else {
                Issue.record("no flight")
                return
            }
            let before = log.events.count
            shared.endpoints[0].start(
                ExchangeOrder(
                    flight, for: UserToken(opaque: Digest256()) { _ in Array("0123456789ab".utf8) },
                    Secret(Sentinel.assertion), to: service, requestID: "bcdfghjkmnprstvx"))
            _ = await shared.desk.outcome(of: flight)
            while log.events.count == before { await Task.yield() }
            #expect(server.requests.allSatisfy { $0.body.contains(Sentinel.assertion) }, "nothing to find")
        }
        #expect(Sentinel.found(in: log.text) == [])
    }
}

/// The roads by which bytes could become text in Sources/Proxy. A new one is looked at by a person, who then changes
/// this list: it may grow only for what is no secret.
@Suite struct TextFromBytesTests {
    private static func sources() throws -> [(name: String, text: String)] {
        let place = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Sources/Proxy"
        return try FileManager.default.subpathsOfDirectory(atPath: place).filter { $0.hasSuffix(".swift") }.map {
            (String($0.split(separator: "/").last ?? ""), try String(contentsOfFile: "\(place)/\($0)", encoding: .utf8))
        }
    }

    /// The path of an admin request, fields of a provider's head, a line of procfs, a user's keyed name (twice), the host and
    /// path of a configured server or names that a browser asks about, a moment, a digest of the page's own style, what a
    /// probe hears.
    static let known = [
        "Admin.swift": 1, "HTTPCall.swift": 1, "ProcessFigures.swift": 1, "ExchangeAudit.swift": 1, "Describe.swift": 1,
        "RefusalRing.swift": 1, "Age.swift": 1, "PageAssets.swift": 1, "HealthQuestion.swift": 1,
    ]

    @Test func bytesBecomeTextInKnownPlacesOnly() throws {
        let makers = [
            "String(decoding:", "String(cString:", "String(bytes:", "String(validating", "Character(", "UnicodeScalar(",
        ]
        var found: [String: Int] = [:]
        for (name, text) in try Self.sources() {
            let count = makers.reduce(0) { $0 + text.split(separator: $1, omittingEmptySubsequences: false).count - 1 }
            if count > 0 { found[name] = count }
        }
        #expect(found == Self.known)
    }

    /// What errors may carry: other errors of ours, which say the same of themselves, and an operator's words.
    static let harmless: Set<String> = ["String", "Refusal", "DialFault", "ConnectFault", "HandshakeFault", "TLSFault"]

    @Test func errorsCarryNoBytes() throws {
        var seen = 0
        for (name, text) in try Self.sources() {
            for declaration in text.matches(of: /(?:enum|struct|class) (\w+): [^{\n]*\bError\b[^{\n]*\{([^{}]*)/) {
                seen += 1
                #expect(
                    !declaration.0.contains(/\n\s*(package )?let \w+:/), "\(declaration.1) in \(name) has properties")
                for payload in declaration.2.matches(of: /case \w+\(([^)]*)\)/) {
                    let types = payload.1.split(separator: ",").map { $0.drop { $0 == " " } }
                    for type in types {
                        #expect(Self.harmless.contains(String(type)), "\(declaration.1) in \(name) carries \(type)")
                    }
                }
            }
        }
        #expect(seen >= 5, "the errors were not found")
    }
}
