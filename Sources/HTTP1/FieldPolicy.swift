/// What becomes of a field on its way through. The table is the only place that decides it.
package struct FieldPolicy: Sendable {
    /// What happens to a field line.
    package enum Action: Sendable {
        /// Goes on as it is.
        case forward
        /// Ends here.
        case drop
        /// Ends here, and whoever builds the next head writes its own where one is needed.
        case replace
    }

    /// What happens to a message whose `Connection` names the field.
    package enum Naming: Sendable {
        /// The field is dropped, as the sender asks.
        case drop
        /// The message is refused: dropping the field would change who asks, whom, or where the message ends.
        case refuse
    }

    package let id: FieldID
    /// In lower case; a family's rule is written with `*`.
    package let name: String
    package let request: Action
    package let response: Action
    package let named: Naming
    /// The clause or the harm behind the row.
    package let because: String

    private init(
        _ id: FieldID, _ name: String, request: Action, response: Action, named: Naming = .drop, _ because: String
    ) {
        self.id = id
        self.name = name
        self.request = request
        self.response = response
        self.named = named
        self.because = because
    }

    /// One row for each `FieldID`.
    package static let table: [FieldPolicy] = framing + credentials + origins + content + answers + mcp + families

    private static let framing: [FieldPolicy] = [
        .init(.host, "host", request: .replace, response: .drop, named: .refuse, "RFC 9110 §7.2"),
        .init(.connection, "connection", request: .replace, response: .replace, "RFC 9110 §7.6.1"),
        .init(
            .contentLength, "content-length", request: .replace, response: .replace, named: .refuse, "RFC 9112 §6.2"),
        .init(
            .transferEncoding, "transfer-encoding", request: .replace, response: .replace, named: .refuse,
            "RFC 9112 §6.1"),
        .init(.te, "te", request: .drop, response: .drop, "RFC 9110 §10.1.4"),
        .init(.trailer, "trailer", request: .drop, response: .drop, "RFC 9110 §6.6.2: trailers end here"),
        .init(.upgrade, "upgrade", request: .drop, response: .drop, "RFC 9110 §7.8: no upgrade, h2c least of all"),
        .init(.keepAlive, "keep-alive", request: .drop, response: .drop, "RFC 9110 §7.6.1"),
        .init(.proxyConnection, "proxy-connection", request: .drop, response: .drop, "RFC 9110 §7.6.1"),
        .init(.http2Settings, "http2-settings", request: .drop, response: .drop, "RFC 7540 §3.2.1"),
        .init(.expect, "expect", request: .drop, response: .drop, "RFC 9110 §10.1.1: answered here"),
        .init(.via, "via", request: .forward, response: .forward, "RFC 9110 §7.6.3: ours is added behind it"),
        .init(.maxForwards, "max-forwards", request: .forward, response: .forward, "RFC 9110 §7.6.2"),
    ]

    private static let credentials: [FieldPolicy] = [
        .init(
            .authorization, "authorization", request: .replace, response: .drop, named: .refuse,
            "RFC 9110 §11.6.2: the user's token never goes upstream"),
        .init(
            .proxyAuthorization, "proxy-authorization", request: .drop, response: .drop, "RFC 9110 §11.7.2"),
        .init(
            .wwwAuthenticate, "www-authenticate", request: .drop, response: .drop,
            "RFC 9110 §11.6.1: a challenge for the minted token means nothing to the client"),
        .init(.proxyAuthenticate, "proxy-authenticate", request: .drop, response: .drop, "RFC 9110 §11.7.1"),
        .init(
            .authenticationInfo, "authentication-info", request: .drop, response: .drop,
            "RFC 9110 §11.6.3: about the minted token"),
        .init(.dpop, "dpop", request: .drop, response: .drop, "RFC 9449 §4.3: proves a key for another token and URL"),
        .init(
            .cookie, "cookie", request: .drop, response: .drop, "RFC 6265 §5.4: the chat server's, not the upstream's"),
        .init(
            .setCookie, "set-cookie", request: .drop, response: .drop,
            "RFC 6265 §5.3: cookies never go upstream, and one host serves many upstreams"),
        .init(.sidecarKey, "x-obo-key", request: .drop, response: .drop, "our own shared secret"),
    ]

    private static let origins: [FieldPolicy] = [
        .init(.forwarded, "forwarded", request: .drop, response: .forward, "RFC 7239 §8.1: spoofable"),
        .init(.realIP, "x-real-ip", request: .drop, response: .forward, "RFC 7239 §8.1: spoofable"),
        .init(
            .origin, "origin", request: .drop, response: .forward,
            "RFC 6454 §7: checked here; MCP servers refuse origins they do not know"),
        .init(.referer, "referer", request: .forward, response: .forward, "RFC 9110 §10.1.3"),
        .init(.userAgent, "user-agent", request: .forward, response: .forward, "RFC 9110 §10.1.5"),
        .init(.requestID, "x-request-id", request: .forward, response: .forward, "correlation"),
        .init(.traceparent, "traceparent", request: .replace, response: .forward, "W3C Trace Context §3.2"),
        .init(.tracestate, "tracestate", request: .forward, response: .forward, "W3C Trace Context §3.3"),
    ]

    private static let content: [FieldPolicy] = [
        .init(.accept, "accept", request: .forward, response: .forward, "RFC 9110 §12.5.1"),
        .init(.acceptEncoding, "accept-encoding", request: .forward, response: .forward, "RFC 9110 §12.5.3"),
        .init(.acceptLanguage, "accept-language", request: .forward, response: .forward, "RFC 9110 §12.5.4"),
        .init(.contentType, "content-type", request: .forward, response: .forward, "RFC 9110 §8.3"),
        .init(.contentEncoding, "content-encoding", request: .forward, response: .forward, "RFC 9110 §8.4"),
        .init(.contentLanguage, "content-language", request: .forward, response: .forward, "RFC 9110 §8.5"),
        .init(.contentLocation, "content-location", request: .forward, response: .forward, "RFC 9110 §8.7"),
        .init(.cacheControl, "cache-control", request: .forward, response: .forward, "RFC 9111 §5.2"),
        .init(.pragma, "pragma", request: .forward, response: .forward, "RFC 9111 §5.4"),
        .init(.vary, "vary", request: .forward, response: .forward, "RFC 9110 §12.5.5"),
        .init(.etag, "etag", request: .forward, response: .forward, "RFC 9110 §8.8.3"),
        .init(.lastModified, "last-modified", request: .forward, response: .forward, "RFC 9110 §8.8.2"),
        .init(.range, "range", request: .forward, response: .forward, "RFC 9110 §14.2"),
    ]

    private static let answers: [FieldPolicy] = [
        .init(
            .location, "location", request: .forward, response: .forward,
            "RFC 9110 §10.2.2; never on a 3xx, which would send the user's token elsewhere"),
        .init(.date, "date", request: .forward, response: .forward, "RFC 9110 §6.6.1"),
        .init(.server, "server", request: .forward, response: .forward, "RFC 9110 §10.2.4"),
        .init(.retryAfter, "retry-after", request: .forward, response: .forward, "RFC 9110 §10.2.3"),
        .init(.allow, "allow", request: .forward, response: .forward, "RFC 9110 §10.2.1"),
        .init(
            .altSvc, "alt-svc", request: .drop, response: .drop,
            "RFC 7838 §3: would lead the client, with the user's token, around this proxy"),
        .init(.accelBuffering, "x-accel-buffering", request: .forward, response: .forward, "for a proxy before us"),
    ]

    private static let mcp: [FieldPolicy] = [
        .init(
            .mcpSessionID, "mcp-session-id", request: .replace, response: .replace, named: .refuse,
            "sessions are keyed to their user here"),
        .init(
            .mcpProtocolVersion, "mcp-protocol-version", request: .forward, response: .forward, named: .refuse,
            "MCP 2025-06-18"),
        .init(.mcpMethod, "mcp-method", request: .forward, response: .forward, named: .refuse, "MCP 2026-07-28"),
        .init(.mcpName, "mcp-name", request: .forward, response: .forward, named: .refuse, "MCP 2026-07-28"),
        .init(.lastEventID, "last-event-id", request: .forward, response: .forward, "HTML, server-sent events"),
    ]

    private static let families: [FieldPolicy] = [
        .init(
            .mcpFamily, "mcp-*", request: .forward, response: .forward, named: .refuse,
            "MCP 2026-07-28: unknown Mcp-Param-* must go on"),
        .init(.sidecarFamily, "x-obo-*", request: .drop, response: .drop, "our own namespace"),
        .init(.proxyFamily, "proxy-*", request: .drop, response: .drop, "RFC 9110 §7.6.1"),
        .init(.forwardedFamily, "x-forwarded-*", request: .drop, response: .forward, "RFC 7239 §8.1: spoofable"),
        .init(
            .accessControlFamily, "access-control-*", request: .drop, response: .replace,
            "Fetch §3.3: who may read is decided here, by allowed_origins"),
        .init(
            .underscored, "*_*", request: .drop, response: .forward,
            "RFC 3875 §4.1.18: `X_Forwarded_For` becomes the same variable as `X-Forwarded-For`"),
        .init(.other, "*", request: .forward, response: .forward, "RFC 9110 §5.1: unknown fields go on"),
    ]

    /// Fields that do not go from the client's request into the upstream's.
    static let heldFromRequests = fields { $0.request != .forward }
    /// Fields that do not go from the upstream's response into the client's.
    static let heldFromResponses = fields { $0.response != .forward }
    /// Fields that no `Connection` may name.
    static let protected = fields { $0.named == .refuse }

    private static func fields(where holds: (FieldPolicy) -> Bool) -> FieldSet {
        var result = FieldSet()
        for row in table where holds(row) { result.insert(row.id) }
        return result
    }
}
