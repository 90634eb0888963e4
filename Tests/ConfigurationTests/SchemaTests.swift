import Testing

@testable import Configuration

@Suite struct `The schema` {
    @Test func `gives every variable one key, but OBO_CA_FILE`() {
        let variables = ListedKey.all.compactMap(\.variable)
        let repeated = Dictionary(grouping: variables) { $0 }.filter { $0.value.count > 1 }.keys
        #expect(Array(repeated) == ["OBO_CA_FILE"])
    }

    @Test(arguments: [
        ("listen", "OBO_LISTEN"), ("admin.listen", "OBO_ADMIN_LISTEN"), ("log.format", "OBO_LOG_FORMAT"),
        ("identity.issuer", "OBO_ISSUER"), ("exchange.client_secret", "OBO_CLIENT_SECRET"),
        ("exchange.managed_identity.client_id", "OBO_MANAGED_IDENTITY_CLIENT_ID"),
        ("timeouts.connect", "OBO_TIMEOUTS_CONNECT"), ("servers.my-x_y.obo.scopes", "OBO_SERVER_MY__X_Y_SCOPES"),
        ("servers.a.timeouts.stream_idle", "OBO_SERVER_A_TIMEOUTS_STREAM_IDLE"),
        ("providers.okta.client_id", "OBO_PROVIDERS_OKTA_CLIENT_ID"),
    ])
    func `names variables by paths`(path: String, variable: String) {
        #expect(KeyName.variable(of: path) == variable)
    }

    @Test(arguments: [
        ("OBO_SERVER_TICKETS_URL", "tickets"), ("OBO_SERVER_MY__TICKETS_SCOPES", "my-tickets"),
        ("OBO_SERVER_MY_TICKETS_CA_FILE", "my_tickets"), ("OBO_SERVER_A_TIMEOUTS_CONNECT", "a"),
        ("OBO_SERVER_7_TYPE", "7"), ("OBO_SERVER_URL", nil), ("OBO_SERVER__URL", nil), ("OBO_SERVER_a_URL", nil),
        ("OBO_SERVER_A_URI", nil), ("OBO_SERVER__A_URL", nil), ("OBO_SERVER_A___B_URL", "a-_b"), ("SERVER_A_URL", nil),
    ])
    func `finds servers in variables`(variable: String, name: String?) {
        #expect(KeyName.entry(of: variable, in: .servers) == name)
    }

    @Test func `has the contract's defaults`() throws {
        let configuration = try load(nil, leastEnvironment).configuration
        #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 8089))
        #expect(configuration.admin == .tcp(host: "127.0.0.1", port: 9089))
        #expect(configuration.publicURL == nil)
        #expect(configuration.tls == nil)
        #expect(configuration.workers == nil)
        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .json)
        #expect(configuration.allowedOrigins.isEmpty)
        #expect(configuration.allowedHosts.isEmpty)
        #expect(configuration.sessionKey == nil)
        #expect(configuration.previousSessionKey == nil)
        #expect(configuration.sidecarKey == nil)
        #expect(!configuration.allowInsecureListen)
        #expect(configuration.identity.algorithms == [.rs256, .ps256, .es256, .edDSA])
        #expect(configuration.identity.audiences == ["client", "api://client"])
        #expect(configuration.identity.jwksURI == nil)
        #expect(configuration.identity.clockSkew == .seconds(60))
        #expect(configuration.identity.requiredScope == nil)
        #expect(
            configuration.cache
                == CacheSettings(maxEntries: 10_000, earlyExpiry: .seconds(30), negativeTTL: .seconds(5)))
        #expect(configuration.limits == LimitSettings(headerBytes: 65_536, bodyBytes: 4_194_304, connections: 10_000))
        #expect(
            configuration.timeouts
                == TimeoutSettings(
                    header: .seconds(10), body: .seconds(30), idle: .seconds(75), connect: .seconds(5),
                    response: .seconds(60), streamIdle: .seconds(300), sseKeepalive: .seconds(15),
                    shutdown: .seconds(20)))
    }

    @Test func `has the contract's defaults for providers and servers`() throws {
        let configuration = try load(nil, leastEnvironment).configuration
        let provider = try #require(configuration.providers["default"])
        #expect(configuration.providers.count == 1)
        #expect(provider.grant == .jwtBearer)
        #expect(provider.tokenEndpoint == nil)
        #expect(provider.clientAuthentication == .post)
        #expect(provider.parameters.isEmpty)
        #expect(provider.timeout == .seconds(5))
        #expect(provider.retries == 1)
        #expect(provider.maxConnections == 32)
        let server = try #require(configuration.servers.first)
        #expect(configuration.servers.count == 1)
        #expect(server.name == "tickets")
        #expect(server.provider == "default")
        #expect(server.headers.isEmpty)
        #expect(server.errors == .jsonrpc)
        #expect(
            server.timeouts
                == ServerTimeouts(
                    connect: .seconds(5), response: .seconds(60), streamIdle: .seconds(300),
                    sseKeepalive: .seconds(15)))
    }
}
