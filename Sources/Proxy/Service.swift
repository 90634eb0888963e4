internal import Bytes
internal import Configuration
internal import HTTP1
internal import Libevent
internal import MCP
internal import OnBehalfOf
internal import OpenSSL

/// One configured server, with all that can be worked out before the first request.
final class Service: Sendable, CustomStringConvertible, CustomReflectable {
    /// Its place in the metrics and among the pools: that of its name, as long as the process runs.
    let index: Int
    /// Tells servers of one name apart that are reached in other ways, whose connections must not be mixed up.
    let dial: Int
    let name: String
    let nameBytes: [UInt8]
    /// Where it is served.
    let pathBytes: [UInt8]
    /// The provider that mints its tokens: its place in the list of desks.
    let provider: Int
    /// What the ledger knows that provider's breaker by.
    let breaker: Int
    /// What is asked for in each exchange.
    let target: ExchangeTarget
    /// What a minted token is compared with; nil where the configuration takes any.
    let check: MintedCheck?
    /// What the ledger knows the server's tokens by, besides the user token.
    let exchangeDigest: Digest256
    let endpoint: Endpoint
    let timeouts: Timeouts
    /// What its announcements of where to post are resolved against; nil where the transport has none.
    let endpoints: EndpointBase?
    /// Whether refusals are HTTP's and RFC 6750's alone.
    let isStrict: Bool
    /// Its name for people.
    let title: String?
    /// What follows the target in every request's head: version, Host, configured fields.
    let headStart: [UInt8]

    /// Fields that the configuration sets, in place of the client's.
    let replaced: [FieldName]
    /// Which tools its users may see and call; nil for all.
    let tools: ToolRules?

    private let path: [UInt8]
    private let query: [UInt8]?

    init(
        _ server: ServerConfiguration, index: Int, provider: Int, breaker: Int, target: ExchangeTarget,
        check: MintedCheck?, tls: TLSClientContext?, generation: Int, after previous: Shared?
    ) {
        self.index = index
        self.provider = provider
        self.breaker = breaker
        self.target = target
        self.check = check
        exchangeDigest = target.service(claims: target.claims()) { SHA256.digest($0) }
        tools = ToolRules(server.tools)
        // What comes compressed could not be read here.
        let plain = server.transport == .sse || tools != nil ? ["Accept-Encoding"] : []
        replaced = (server.headers.map(\.name) + plain).compactMap { FieldName($0) }
        name = server.name
        nameBytes = Array(server.name.utf8)
        pathBytes = Array("/\(server.name)".utf8)
        let endpoint = Endpoint(host: server.url.host, port: server.url.port, tls: tls)
        self.endpoint = endpoint
        let before = previous?.services.first { $0.index == index && $0.endpoint.isSame(as: endpoint) }
        dial = before?.dial ?? generation
        timeouts = Timeouts(server.timeouts)
        endpoints = server.transport == .sse ? EndpointBase(server.url) : nil
        isStrict = server.errors == .strict
        title = server.title
        path = Array(server.url.path.utf8)
        // A bare `?` asks for nothing, and in front of the request's own query it would be a second one.
        query = server.url.query.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        let head = ByteBuffer()
        head.append(string: " HTTP/1.1\r\nHost: \(server.url.authority)\r\n")
        for name in plain { head.append(string: "\(name): identity\r\n") }
        for header in server.headers {
            head.append(string: "\(header.name): ")
            unsafe header.value.withBytes { unsafe head.append($0) }
            head.append("\r\n" as StaticString)
        }
        headStart = head.bytes
    }

    /// What the ledger knows a call's token by.
    @inline(__always)
    func key(of call: Call) -> ExchangeKey { ExchangeKey(token: call.tokenDigest, service: exchangeDigest) }

    /// What is asked for when the server demands claims, in the ledger's words.
    func digest(asking challenge: ClaimsChallenge) -> Digest256 {
        target.service(claims: target.claims(for: challenge)) { SHA256.digest($0) }
    }

    /// Whether a path is one that its clients are told to post to: there is nothing else below its own.
    func isPostedTo(_ path: Span<UInt8>, by method: Method) -> Bool {
        let own = pathBytes
        guard endpoints != nil, method == .post || method == .options, path.count > own.count else { return false }
        return path[own.count] == UInt8(ascii: "/") && equal(own.span, path.extracting(0..<own.count))
    }

    /// Its name alone: the head's start holds configured fields, which are often API keys.
    var description: String { name }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Appends the upstream target: the configured path, with the configured query and the request's.
    func appendTarget(query head: Span<UInt8>, _ requested: ByteRange?, to out: ByteBuffer) {
        out.append(path)
        if let query {
            out.append(byte: UInt8(ascii: "?"))
            out.append(query)
        }
        guard let requested, !requested.isEmpty else { return }
        out.append(byte: UInt8(ascii: query == nil ? "?" : "&"))
        out.append(head.extracting(requested.range))
    }
}

extension ToolRules {
    /// nil where nothing is configured.
    init?(_ settings: ToolSettings) {
        guard settings.allow != nil || !settings.deny.isEmpty else { return nil }
        self.init(allow: settings.allow, deny: settings.deny)
    }
}

extension EndpointBase {
    init(_ url: UpstreamURL) {
        self.init(scheme: url.scheme.rawValue, host: url.host, port: url.port, path: url.path, query: url.query)
    }
}

/// Waits in milliseconds.
struct Timeouts: Sendable {
    var connect: Int
    var response: Int
    var streamIdle: Int
    var keepAlive: Int

    init(_ settings: ServerTimeouts) {
        connect = settings.connect.milliseconds
        response = settings.response.milliseconds
        streamIdle = settings.streamIdle.milliseconds
        keepAlive = settings.sseKeepalive.milliseconds
    }
}

extension Duration {
    /// Whole milliseconds, at least 0, without overflow.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? .max : max(product &+ Int(attoseconds / 1_000_000_000_000_000), 0)
    }
}
