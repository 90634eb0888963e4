extension Refusal {
    /// What the operator does about it, or tells the user: README's table of refusals has the same words.
    package var operatorAdvice: String {
        switch self {
        case .missingToken:
            "Sign in to the chat. If nobody's calls work: the Authorization header is missing in the chat server's configuration."
        case .placeholderToken:
            "Sign in with OpenID Connect. The chat server had no token to put in; see OPENID_REUSE_TOKENS."
        case .malformedToken: "Operator: the chat server sends something else than one JWT."
        case .idToken: "Reload the page; the chat server's session is over and it fell back to the ID token."
        case .appOnlyToken: "Operator: the token has no user in it and cannot be exchanged."
        case .invalidSignature:
            "Sign in again. If it stays: the token is for Microsoft Graph, see OPENID_SCOPE, or of another issuer."
        case .wrongIssuer: "Operator: compare the token's iss with OBO_ISSUER; Entra has two spellings."
        case .wrongAudience: "Operator: the chat must ask for a scope of the proxy's application, see OPENID_SCOPE."
        case .expiredToken: "Reload the page or sign in again."
        case .notYetValid: "Operator: compare the clocks."
        case .missingScope: "Operator: the chat must ask for the scope that OBO_REQUIRE_SCOPE names."
        case .exchangeRejected: "Sign in again; if it stays, the provider's error in the log (event=exchange) says why."
        case .consentRequired: "Administrator: grant consent for the MCP server's scope."
        case .interactionRequired: "Sign in again with the further step that the provider asks for, such as MFA."
        case .scopeMisconfigured: "Operator: the server's scopes are unknown to the provider, or of two resources."
        case .clientRejected: "Operator: client id or secret are wrong or have expired."
        case .grantUnsupported: "Operator: the provider has no On-Behalf-Of at this endpoint."
        case .invalidExchangeResponse: "Operator: this is no token endpoint."
        case .exchangeUnavailable: "Retry. Operator: the provider cannot be reached or fails."
        case .exchangeTimeout: "Retry. Operator: the provider is slow."
        case .exchangeThrottled: "Retry in a minute. Operator: the provider limits the application."
        case .breakerOpen: "Retry in a minute. After five failures in a row the provider is left alone for a while."
        case .keysUnavailable: "Retry. Operator: the issuer's discovery or keys cannot be fetched."
        case .upstreamUnreachable:
            "Retry. Operator: the MCP server does not accept connections, or its certificate is not trusted."
        case .upstreamTimeout:
            "The call may have taken effect. Operator: see timeouts.response and, for an event stream that fell silent, timeouts.stream_idle."
        case .upstreamProtocol:
            "Operator: the MCP server's answer is no proper HTTP, an event stream that broke off, a redirect, or a list of tools that cannot be filtered."
        case .overloaded:
            "Retry. Operator: a limit of this proxy is reached; a line of the log with event=limit names it."
        case .draining: "Retry; the proxy is being restarted."
        case .upstreamRejectedToken:
            "Operator: the MCP server does not take tokens for these scopes; compare its audience with obo.scopes."
        case .badRequest: "The client sent a request that is malformed, ambiguous, or carries the token twice."
        case .badSidecarKey: "Operator: X-OBO-Key and OBO_SIDECAR_KEY differ."
        case .badOrigin:
            "Operator: list the web origin in allowed_origins, or the host by which clients call a loopback listener in allowed_hosts."
        case .unknownServer: "Operator: no server of that name; the path is /<name>."
        case .methodNotAllowed: "POST, GET, DELETE and OPTIONS are served."
        case .sessionMismatch:
            "Clients begin a new session by themselves. The id, or the endpoint of an sse server, is another user's, forged, or of a session_key that is neither this one nor the previous one."
        case .bodyTooLarge: "See limits.body_bytes."
        case .headerTooLarge: "See limits.header_bytes."
        case .toolNotAllowed:
            "Operator: the call, or one call of the batch, is of a tool that the server's tool rules leave out."
        case .rateLimited: "Wait a moment. Operator: see limits.requests_per_user."
        }
    }

    /// Whether it speaks for a server that is not well, and not for the way to it.
    package var isOfUpstream: Bool {
        switch self {
        case .upstreamUnreachable, .upstreamTimeout, .upstreamProtocol, .upstreamRejectedToken: true
        default: false
        }
    }
}
