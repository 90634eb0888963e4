/// The fields that this proxy knows. What becomes of each is in `FieldPolicy.table`.
///
/// The last cases stand for families: every field whose name fits a rule and has no case of its own.
package enum FieldID: UInt8, Sendable, CaseIterable {
    // Message framing and routing
    case host, connection, contentLength, transferEncoding, te, trailer, upgrade, keepAlive, proxyConnection
    case http2Settings, expect, via, maxForwards
    // Credentials
    case authorization, proxyAuthorization, wwwAuthenticate, proxyAuthenticate, authenticationInfo, dpop
    case cookie, setCookie, sidecarKey
    // Who asks and from where
    case forwarded, realIP, origin, referer, userAgent, requestID, traceparent, tracestate
    // Content
    case accept, acceptEncoding, acceptLanguage, contentType, contentEncoding, contentLanguage, contentLocation
    case cacheControl, pragma, vary, etag, lastModified, range
    // Answers
    case location, date, server, retryAfter, allow, altSvc, accelBuffering
    // Model Context Protocol
    case mcpSessionID, mcpProtocolVersion, mcpMethod, mcpName, lastEventID
    // Families
    /// `mcp-…`
    case mcpFamily
    /// `x-obo-…`
    case sidecarFamily
    /// `proxy-…`
    case proxyFamily
    /// `x-forwarded-…`
    case forwardedFamily
    /// `access-control-…`
    case accessControlFamily
    /// A name with `_` in it, which servers that map names to CGI variables mistake for the one with `-`.
    case underscored
    /// Any other field.
    case other

    /// Whether the case stands for many names, so that two lines with it need not be the same field.
    @inline(__always)
    package var isFamily: Bool { rawValue >= FieldID.mcpFamily.rawValue }
}
