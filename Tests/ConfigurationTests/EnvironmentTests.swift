import Registered
import Testing

@testable import Configuration

@Suite struct `The environment` {
    @Test func `is enough by itself`() throws {
        let configuration = try load(nil, leastEnvironment).configuration
        #expect(configuration.identity.issuers.count == 1)
        #expect(configuration.providers["default"]?.clientID == "client")
        #expect(configuration.servers.map(\.url.description) == ["https://tickets.example.com/mcp"])
    }

    @Test func `fills every kind of value`() throws {
        let environment =
            leastEnvironment + [
                "OBO_LISTEN": "unix:/s", "OBO_ADMIN_LISTEN": "off", "OBO_WORKERS": "2", "OBO_LOG_LEVEL": "debug",
                "OBO_LOG_FORMAT": "text", "OBO_ALLOWED_ORIGINS": "https://a.example.com, https://b.example.com",
                "OBO_SESSION_KEY": "s", "OBO_PREVIOUS_SESSION_KEY": "p", "OBO_SIDECAR_KEY": "k",
                "OBO_ALLOWED_HOSTS": "sidecar, other", "OBO_ALLOW_INSECURE_LISTEN": "true",
                "OBO_ISSUER": "https://a.example.com,https://b.example.com", "OBO_AUDIENCE": "x,y",
                "OBO_ALGORITHMS": "ES256", "OBO_CLOCK_SKEW": "1s", "OBO_REQUIRE_SCOPE": "r",
                "OBO_TOKEN_ENDPOINT": "http://localhost:1/t", "OBO_CLIENT_AUTH": "basic", "OBO_TIMEOUT": "1s",
                "OBO_RETRIES": "0", "OBO_MAX_CONNECTIONS": "1", "OBO_CACHE_MAX_ENTRIES": "7",
                "OBO_LIMITS_BODY_BYTES": "1KiB", "OBO_TIMEOUTS_CONNECT": "2s",
                "OBO_SERVER_TICKETS_TIMEOUTS_CONNECT": "3s", "OBO_SERVER_A_URL": "http://a",
                "OBO_SERVER_A_SCOPES": "api://a/x,api://a/y", "OBO_SERVER_A_PROVIDER": "other", "OBO_CA_FILE": "ca",
                "OBO_PROVIDERS_OTHER_CLIENT_ID": "o", "OBO_PROVIDERS_OTHER_CLIENT_SECRET_FILE": "/o",
            ]
        let files = ["/o": "osecret\n", "ca": Registered.certificate]
        let configuration = try load(nil, environment, files: files).configuration
        #expect(configuration.listen == .unix(path: "/s"))
        #expect(configuration.admin == nil)
        #expect(configuration.workers == 2)
        #expect(configuration.log.level == .debug)
        #expect(configuration.allowedOrigins == ["https://a.example.com", "https://b.example.com"])
        #expect(configuration.allowedHosts == ["sidecar", "other"])
        #expect(configuration.previousSessionKey?.value.text == "p")
        #expect(configuration.allowInsecureListen)
        #expect(configuration.identity.issuers.count == 2)
        #expect(configuration.identity.audiences == ["x", "y"])
        #expect(configuration.identity.ca?.path == "ca")
        #expect(configuration.providers["default"]?.ca?.path == "ca")
        #expect(configuration.providers["default"]?.tokenEndpoint?.port == 1)
        #expect(configuration.limits.bodyBytes == 1_024)
        #expect(configuration.timeouts.connect == .seconds(2))
        #expect(configuration.servers.map(\.name) == ["a", "tickets"])
        #expect(configuration.servers.map(\.timeouts.connect) == [.seconds(2), .seconds(3)])
        #expect(configuration.servers.first?.scopes == ["api://a/x", "api://a/y"])
        guard case .secret(let secret)? = configuration.providers["other"]?.credential else { return }
        #expect(secret.value.text == "osecret")
        #expect(secret.source == .file(path: "/o"))
    }

    @Test func `adds to the file's servers, behind them and by name`() throws {
        let environment = [
            "OBO_SERVER_ZED_URL": "http://z", "OBO_SERVER_ZED_SCOPES": "api://z/a", "OBO_SERVER_ALPHA_URL": "http://a",
            "OBO_SERVER_ALPHA_SCOPES": "api://a/a", "OBO_SERVER_TICKETS_TITLE": "T",
        ]
        let servers = try load(leastFile, environment).configuration.servers
        #expect(servers.map(\.name) == ["tickets", "alpha", "zed"])
        #expect(servers.map(\.title) == ["T", nil, nil])
    }

    @Test(
        arguments: [
            (["OBO_WORKERS": "many"], "OBO_WORKERS: workers: expected auto or a whole number from 1 to 256"),
            (
                ["OBO_ISSUER": "https://a.example.com, nope"],
                "OBO_ISSUER: identity.issuer: expected an http or https URL such as https://host/path"
            ),
            (["OBO_SERVER_my-w_URL": "x"], "OBO_SERVER_my-w_URL: unknown variable; did you mean OBO_SERVER_MY__W_URL?"),
            (["OBO_LISTN": "x"], "OBO_LISTN: unknown variable; did you mean OBO_LISTEN?"),
            (
                ["OBO_CLIENT_SECRET_FIEL": "x"],
                "OBO_CLIENT_SECRET_FIEL: unknown variable; did you mean OBO_CLIENT_SECRET_FILE?"
            ),
            (["OBO_REQUIRE_SCOPES": "x"], "OBO_REQUIRE_SCOPES: unknown variable; did you mean OBO_REQUIRE_SCOPE?"),
            (
                ["OBO_SERVER_MAIL_URI": "x"],
                "OBO_SERVER_MAIL_URI: unknown variable; did you mean OBO_SERVER_MAIL_URL?"
            ),
            (["OBO_LISTEN_PORT": "8089"], "OBO_LISTEN_PORT: unknown variable"),
            (["OBO_IDENTITY_ISSUER": "x"], "OBO_IDENTITY_ISSUER: unknown variable"),
            (["OBO_SERVER_X_TITLE": "x"], nil),
        ] as [([String: String], String?)])
    func `says which variable is wrong`(extra: [String: String], problem: String?) {
        let all = problems(nil, leastEnvironment + extra)
        if let problem {
            #expect(all == [problem])
        } else {
            #expect(
                all == [
                    "servers.x.obo.scopes: required; set it in the file or by OBO_SERVER_X_SCOPES",
                    "servers.x.url: required; set it in the file or by OBO_SERVER_X_URL",
                ])
        }
    }

    @Test(arguments: [
        ["OBO_CONFIG": "x.yaml"], ["OBO_NONSENSE": ""], ["HOME": "/"], ["obo_listen": "x"],
        ["OBO_PROXY_SERVICE_HOST": "10.0.0.1", "OBO_PROXY_SERVICE_PORT": "80", "OBO_PROXY_SERVICE_PORT_HTTP": "80"],
        ["OBO_PROXY_PORT": "tcp://10.0.0.1:80", "OBO_PROXY_PORT_80_TCP": "tcp://10.0.0.1:80"],
        ["OBO_PROXY_PORT_80_TCP_ADDR": "10.0.0.1", "OBO_PROXY_PORT_80_TCP_PROTO": "tcp"],
        ["OBO_PROXY_PORT_80_TCP_PORT": "80", "OBO_PORT_53_UDP_PORT": "53", "OBO_PORT": "tcp://10.0.0.1:80"],
    ])
    func `may hold what is not meant for us`(extra: [String: String]) {
        #expect(problems(nil, leastEnvironment + extra) == [])
    }

    @Test func `may hold what the file asks for`() throws {
        let yaml = "log: {level: \"${OBO_MY_LEVEL}\"}\nworkers: ${OBO_MY_WORKERS:-2}\n"
        let configuration = try load(yaml, leastEnvironment + ["OBO_MY_LEVEL": "error", "OBO_MY_WORKERS": "3"])
            .configuration
        #expect(configuration.log.level == .error)
        #expect(configuration.workers == 3)
    }

    @Test func `alone and empty says what it lacks`() {
        #expect(
            problems() == [
                "exchange.client_id: required; set it in the file or by OBO_CLIENT_ID",
                "exchange.client_secret: required; set it in the file or by OBO_CLIENT_SECRET or OBO_CLIENT_SECRET_FILE",
                "identity.issuer: required; set it in the file or by OBO_ISSUER",
                "servers: expected at least one server, in the file or by OBO_SERVER_<NAME>_URL and _SCOPES",
            ])
    }
}

@Suite struct `Among several sources` {
    /// From the nearest to the farthest, the client id by each.
    private static let sources = [
        ["OBO_CLIENT_ID": "obo"], ["file": "file"], ["AZURE_CLIENT_ID": "azure"], ["OPENID_CLIENT_ID": "openid"],
    ]

    @Test(arguments: 0..<4) func `the nearest wins`(first: Int) throws {
        let rest = Self.sources[first...].reduce([:], +)
        let yaml = rest["file"].map { "exchange: {client_id: \($0)}\n" } ?? ""
        var environment = leastEnvironment + rest
        if first > 0 { environment["OBO_CLIENT_ID"] = nil }
        let loaded = try load(yaml, environment)
        let winner = try #require(Self.sources[first].first)
        #expect(loaded.configuration.providers["default"]?.clientID == winner.value)
        let origin = winner.key == "file" ? "proxy.yaml:1:23" : winner.key
        #expect(loaded.shown("exchange.client_id") == "\(winner.value) # \(origin)")
    }

    @Test func `an empty one is none`() throws {
        let environment = leastEnvironment + ["OBO_CLIENT_ID": "", "AZURE_CLIENT_ID": "", "OPENID_CLIENT_ID": "o"]
        let loaded = try load("exchange: {client_id: \"${NONE:-}\"}\n", environment)
        #expect(loaded.configuration.providers["default"]?.clientID == "o")
    }

    @Test func `a wrong one is an error even when it is overridden`() {
        #expect(
            problems("workers: many\n", leastEnvironment + ["OBO_WORKERS": "2"]) == [
                "proxy.yaml:1:10: workers: expected auto or a whole number from 1 to 256"
            ])
    }

    @Test func `an overridden file is not opened`() throws {
        let yaml = "session_key_file: /nowhere\nidentity: {ca_file: /nowhere}\n"
        let environment = leastEnvironment + ["OBO_SESSION_KEY": "s", "OBO_CA_FILE": "/ca"]
        let configuration = try load(yaml, environment, files: ["/ca": Registered.certificate]).configuration
        #expect(configuration.sessionKey?.value.text == "s")
        #expect(configuration.identity.ca?.path == "/ca")
    }

    @Test func `a chat server's own variables are enough`() throws {
        let environment = [
            "OPENID_ISSUER": "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",
            "OPENID_CLIENT_ID": "c", "OPENID_CLIENT_SECRET": "s", "OBO_SERVER_A_URL": "http://a",
            "OBO_SERVER_A_SCOPES": "api://a/x",
        ]
        let loaded = try load(nil, environment)
        #expect(loaded.configuration.identity.issuers.map(\.identifier) == ["https://login.microsoftonline.com/t/v2.0"])
        #expect(loaded.shown("identity.issuer") == "https://login.microsoftonline.com/t/v2.0 # OPENID_ISSUER")
        #expect(loaded.configuration.identity.audiences == ["c", "api://c"])
    }

    @Test(
        arguments: [
            (nil, "https://login.microsoftonline.com/tenant/v2.0"),
            ("https://login.microsoftonline.us/", "https://login.microsoftonline.us/tenant/v2.0"),
            ("login.microsoftonline.us", "https://login.microsoftonline.us/tenant/v2.0"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/tenant/v2.0"),
            ("", "https://login.microsoftonline.com/tenant/v2.0"),
        ] as [(String?, String)])
    func `Azure's tenant makes an issuer`(authority: String?, issuer: String) throws {
        var environment =
            leastEnvironment + ["AZURE_TENANT_ID": "tenant", "OPENID_ISSUER": "https://other.example.com"]
        environment["OBO_ISSUER"] = nil
        environment["AZURE_AUTHORITY_HOST"] = authority
        let loaded = try load(nil, environment)
        #expect(loaded.configuration.identity.issuers.map(\.identifier) == [issuer])
        #expect(loaded.shown("identity.issuer") == "\(issuer) # AZURE_TENANT_ID")
    }
}
