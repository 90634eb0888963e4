/// Every key there is, once. The reading of the file, the variables' names, `check`, the list of keys and the
/// drift tests are all derived from these tables.
enum Schema {
    /// Keys outside providers and servers.
    static let process: [Row<ProxyConfiguration>] = listener + identity + bounds

    private static let listener: [Row<ProxyConfiguration>] = [
        Row("listen", .one(.listen), .standard("127.0.0.1:8089"), \.listen, "where chat servers connect to"),
        Row(
            "reuse_port", .one(.bool), .standard("false"), \.reusePort,
            "let a second proxy listen on the same port, for rolling restarts"),
        Row(
            "public_url", .one(.publicURL), .absent("by each request's Host"), \.publicURL,
            "what stands before /<server> in the URLs that clients use; for strict servers"),
        Row("tls.certificate", .certificates, .absent("off"), \.certificate, "PEM chain of the listener"),
        Row("tls.key", .file, .absent("off"), \.key, "PEM private key of the listener"),
        Row(
            "tls.client_ca", .certificates, .absent("off"), \.clientCA, "PEM; demands client certificates signed by it"),
        Row(
            "admin.listen", .one(.listenOrOff), .standard("127.0.0.1:9089"), \.admin,
            "health, metrics and status; off turns it off"),
        Row("workers", .one(.workers), .standard("auto"), \.workers, "event loops; auto is one per processor"),
        Row("log.level", .one(.choice()), .standard("info"), \.log.level, "swift-log's levels"),
        Row("log.format", .one(.choice()), .standard("json"), \.log.format, "json or text"),
        Row(
            "allowed_origins", .list(.browserOrigin, atLeast: 0), .absent("none"), \.allowedOrigins,
            "browsers' Origin values let through"),
        Row(
            "allowed_hosts", .list(.host, atLeast: 0), .absent("none"), \.allowedHosts,
            "further hosts that a loopback listener answers for"),
        Row(
            "session_key", .secret(), .absent("random at start"), \.sessionKey,
            "signs session ids; share it between replicas"),
        Row(
            "previous_session_key", .secret(), .absent("none"), \.previousSessionKey,
            "the key whose session ids are still taken"),
        Row(
            "sidecar_key", .secret(visibleASCII: true), .absent("none"), \.sidecarKey,
            "what callers must send as X-OBO-Key"),
        Row(
            "allow_insecure_listen", .one(.bool), .standard("false"), \.allowInsecureListen,
            "accept a non-loopback listener without tls or sidecar_key"),
        Row(
            "hardening", .one(.choice()), .standard("auto"), \.hardening,
            "auto: give up all that a proxy does not need, as far as the kernel can; off for debuggers"),
    ]

    private static let identity: [Row<ProxyConfiguration>] = [
        Row(
            "identity.issuer", .list(.issuer), .absent("required"), \.identity.issuers,
            or: [
                Fallback(variable: "AZURE_TENANT_ID") { tenant, environment in
                    Entra.issuer(tenant: tenant, authority: environment["AZURE_AUTHORITY_HOST"].flatMap(nonEmpty))
                },
                .openID("ISSUER"),
            ], "who signs the user tokens"),
        Row(
            "identity.audience", .list(.word), .absent("the client id and api://<client id>"), \.identity.audiences,
            "accepted aud values"),
        Row(
            "identity.algorithms", .list(.algorithm), .standard("RS256, PS256, ES256, EdDSA"), \.identity.algorithms,
            "accepted signature algorithms"),
        Row("identity.jwks_uri", .one(.trustedURL), .absent("by discovery"), \.identity.jwksURI, "the issuer's keys"),
        Row(
            "identity.clock_skew", .one(.duration(.zero ... .seconds(300))), .standard("60s"), \.identity.clockSkew,
            "how far clocks may differ"),
        Row(
            "identity.require_scope", .one(.scope), .absent("none"), \.identity.requiredScope,
            "a scope the user token must hold"),
        Row("identity.ca_file", .certificates, .absent("system store"), \.identity.ca, "PEM for discovery and keys"),
        Row(
            "identity.tokens", .one(.choice()), .standard("jwt"), \.identity.tokens,
            "jwt, or opaque: the provider alone judges them"),
    ]

    private static let bounds: [Row<ProxyConfiguration>] = [
        Row("cache.max_entries", .one(.int(1...10_000_000)), .standard("10000"), \.cache.maxEntries, "tokens held"),
        Row(
            "cache.early_expiry", .one(.duration(.zero ... .seconds(3_600))), .standard("30s"), \.cache.earlyExpiry,
            "how long before its end a token is no longer used"),
        Row(
            "cache.negative_ttl", .one(.duration(.zero ... .seconds(3_600))), .standard("5s"), \.cache.negativeTTL,
            "how long a rejection is remembered"),
        Row(
            "cache.after_user_token_expiry", .one(.choice()), .standard("refuse"), \.cache.afterUserTokenExpiry,
            "refuse, or serve: a minted token outlives the user's"),
        Row(
            "limits.header_bytes", .one(.size(256...1 << 20)), .standard("64KiB"), \.limits.headerBytes, "a head's size"
        ),
        Row("limits.body_bytes", .one(.size(1...1 << 30)), .standard("4MiB"), \.limits.bodyBytes, "a body's size"),
        Row(
            "limits.connections", .one(.int(1...1_000_000)), .standard("10000"), \.limits.connections,
            "client connections"),
        Row(
            "limits.requests_per_user", .one(.rate), .standard("0/s"), \.limits.requestsPerUser,
            "requests of one user, in s, m or h; 0/s is no limit"),
        Row("timeouts.header", .one(.timeout), .standard("10s"), \.timeouts.header, "a whole request head"),
        Row("timeouts.body", .one(.timeout), .standard("30s"), \.timeouts.body, "the next part of a request body"),
        Row("timeouts.idle", .one(.timeout), .standard("75s"), \.timeouts.idle, "between requests of a connection"),
        Row("timeouts.connect", .one(.timeout), .standard("5s"), \.timeouts.connect, "an upstream connection with TLS"),
        Row("timeouts.response", .one(.timeout), .standard("60s"), \.timeouts.response, "an upstream response's head"),
        Row("timeouts.stream_idle", .one(.timeout), .standard("300s"), \.timeouts.streamIdle, "a silent event stream"),
        Row(
            "timeouts.sse_keepalive", .one(.timeout), .standard("15s"), \.timeouts.sseKeepalive,
            "between comments on an idle event stream"),
        Row(
            "timeouts.shutdown", .one(.timeout), .standard("20s"), \.timeouts.shutdown, "requests in flight at the end"),
    ]

    /// Keys of `exchange` and of each entry of `providers`. The fallbacks are for `exchange` alone.
    static let provider: [Row<ProviderConfiguration>] = [
        Row(
            "grant", .one(.choice()), .standard("jwt-bearer"), \.grant,
            "jwt-bearer (Entra On-Behalf-Of) or token-exchange (RFC 8693)"),
        Row(
            "subject_token_type", .one(.choice()), .standard("access_token"), \.subjectTokenType,
            "token-exchange: what user tokens are, access_token or jwt"),
        Row(
            "requested_token_type", .one(.choice()), .absent("the provider's choice"), \.requestedTokenType,
            "token-exchange: what to mint, access_token or jwt"),
        Row(
            "token_endpoint", .one(.trustedURL), .absent("by discovery of the first issuer"), \.tokenEndpoint,
            "where tokens are minted"),
        Row(
            "client_id", .one(.word), .required, \.clientID, or: [.azure("CLIENT_ID"), .openID("CLIENT_ID")],
            "our application"),
        Row(
            "client_secret", .secret(), .absent("none"), \.draft.secret,
            or: [.azure("CLIENT_SECRET"), .openID("CLIENT_SECRET")], "our application's secret"),
        Row(
            "certificate", .one(.text), .absent("none"), \.draft.certificate,
            or: [.azure("CLIENT_CERTIFICATE_PATH")], "PEM or PKCS #12 instead of a secret"),
        Row("key", .one(.text), .absent("beside the certificate"), \.draft.key, "the certificate's private key, PEM"),
        Row(
            "key_password", .secret(), .absent("none"), \.draft.keyPassword,
            or: [.azure("CLIENT_CERTIFICATE_PASSWORD")], "of an encrypted key or of PKCS #12"),
        Row(
            "assertion_algorithm", .one(.choice()), .standard("PS256"), \.draft.algorithm, "how an RSA key signs"),
        Row(
            "federated_token_file", .one(.text), .absent("none"), \.draft.federatedTokenFile,
            or: [.azure("FEDERATED_TOKEN_FILE")], "workload identity instead of a secret"),
        Row(
            "managed_identity.client_id", .one(.word), .absent("none"), \.draft.managedClientID,
            "user-assigned managed identity instead of a secret"),
        Row(
            "managed_identity.endpoint", .one(.localURL), .absent("the platform's"), \.draft.managedEndpoint,
            "where its tokens come from"),
        Row(
            "managed_identity.resource", .one(.word), .standard("api://AzureADTokenExchange"), \.draft.managedResource,
            "what its tokens are for"),
        Row("client_auth", .one(.choice()), .standard("post"), \.clientAuthentication, "post, basic or tls"),
        Row("parameters", .parameters, .absent("none"), \.parameters, "extra form parameters"),
        Row("ca_file", .certificates, .absent("system store"), \.ca, "PEM for the token endpoint"),
        Row(
            "timeout", .one(.duration(.milliseconds(1) ... .seconds(10))), .standard("5s"), \.timeout,
            "one attempt; two never exceed 10s together"),
        Row("retries", .one(.int(0...1)), .standard("1"), \.retries, "after transient failures"),
        Row("max_connections", .one(.int(1...10_000)), .standard("32"), \.maxConnections, "to this provider"),
    ]

    /// Keys of each entry of `servers`.
    static let server: [Row<ServerConfiguration>] = [
        Row("url", .one(.url), .required, \.url, "where requests go"),
        Row(
            "type", .one(.transport), .standard("streamable-http"), \.transport,
            "the MCP transport: streamable-http, or sse of MCP 2024-11-05"),
        Row("title", .one(.text), .absent("none"), \.title, "cosmetic"),
        Row("description", .one(.text), .absent("none"), \.description, "cosmetic"),
        Row("icon_path", .one(.text), .absent("none"), \.iconPath, "cosmetic"),
        Row("obo.scopes", .scopes, .required, \.scopes, "what the minted token is for"),
        Row("obo.parameters", .parameters, .absent("none"), \.parameters, "extra form parameters, over the provider's"),
        Row(
            "obo.check_minted", .one(.bool), .standard("true"), \.checksMinted,
            "whether a readable minted token must be the user's and not for us"),
        Row(
            "obo.claims_challenges", .one(.bool), .standard("false"), \.takesChallenges,
            "declares cp1: the server revokes tokens at once and asks for claims (CAE)"),
        Row("provider", .one(.name), .standard("default"), \.provider, "default, or a name in providers"),
        Row(
            "errors", .one(.choice()), .standard("jsonrpc"), \.errors,
            "how refusals are answered: jsonrpc, or strict as RFC 6750 has it"),
        Row(
            "tools.allow", .list(.toolPattern, atLeast: 0), .absent("all"), \.tools.allow,
            "tools that may be seen and called; an empty list is none"),
        Row(
            "tools.deny", .list(.toolPattern, atLeast: 0), .absent("none"), \.tools.deny,
            "tools that may not, whatever tools.allow says"),
        Row("headers", .headers, .absent("none"), \.headers, "extra request headers"),
        Row("ca_file", .certificates, .absent("system store"), \.ca, "PEM for this server"),
        Row("timeouts.connect", .one(.timeout), .absent("timeouts.connect"), \.timeouts.connect, "overrides"),
        Row("timeouts.response", .one(.timeout), .absent("timeouts.response"), \.timeouts.response, "overrides"),
        Row(
            "timeouts.stream_idle", .one(.timeout), .absent("timeouts.stream_idle"), \.timeouts.streamIdle, "overrides"),
        Row(
            "timeouts.sse_keepalive", .one(.timeout), .absent("timeouts.sse_keepalive"), \.timeouts.sseKeepalive,
            "overrides"),
    ]
}

/// nil for an empty text: an empty variable is the same as none.
func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
