import Registered
import Testing

@testable import Configuration

@Suite struct `A configuration file` {
    private static let host = "expected a host name or address without a port, such as sidecar or [fd00::1]"

    @Test func `is enough by itself`() throws {
        let configuration = try load(leastFile).configuration
        #expect(configuration.identity.issuers.map(\.identifier) == ["https://id.example.com"])
        #expect(configuration.servers.map(\.url.description) == ["https://tickets.example.com/mcp"])
        #expect(configuration.servers.map(\.scopes) == [["api://tickets/access_as_user"]])
    }

    @Test func `fills everything`() throws {
        let yaml = """
            listen: "[::1]:1"
            tls: {certificate: c.pem, key: k.pem, client_ca: ca.pem}
            admin: {listen: unix:/run/admin.sock}
            workers: 3
            log: {level: notice, format: text}
            allowed_origins: ["https://Chat.example.com:443", "vscode-webview://x"]
            allowed_hosts: [Sidecar, 10.1.2.3, "[FD00::1]"]
            session_key: sss
            previous_session_key: ppp
            sidecar_key: kkk
            identity:
              issuer: [https://a.example.com/, https://b.example.com/x]
              audience: a1, a2
              algorithms: [ES256]
              clock_skew: 5s
              require_scope: use
              ca_file: ca.pem
            exchange:
              token_endpoint: https://a.example.com/token
              client_id: me
              client_secret: $${x}
              client_auth: basic
              parameters: {audience: x, b: "y z"}
              ca_file: ca.pem
              timeout: 900ms
              retries: 0
              max_connections: 2
            providers:
              other: {client_id: you, client_secret: s2}
            cache: {max_entries: 5, early_expiry: 1s, negative_ttl: 0s, after_user_token_expiry: refuse}
            limits: {header_bytes: 8KiB, body_bytes: 1MiB, connections: 9, requests_per_user: 90/m}
            timeouts: {connect: 1s, response: 2s, stream_idle: 3s, sse_keepalive: 4s}
            servers:
              b:
                url: http://b/x?y
                type: streamable-http
                title: B
                description: Bee
                icon_path: /b.png
                obo: {scopes: [api://b/one, api://b/two, api://b/one]}
                provider: other
                errors: jsonrpc
                headers: {X-Team: support, X-Key: "$${k}"}
                ca_file: ca.pem
                timeouts: {response: 9s}
              a:
                url: https://a
                obo: {scopes: api://a/one api://a/two}
            """
        let configuration = try load(yaml, files: pem).configuration
        #expect(configuration.listen == .tcp(host: "::1", port: 1))
        #expect(configuration.tls?.certificate.contents.text == Registered.certificate)
        #expect(configuration.tls?.key.contents.text == Registered.key)
        #expect(configuration.tls?.clientCA?.path == "ca.pem")
        #expect(configuration.admin == .unix(path: "/run/admin.sock"))
        #expect(configuration.workers == 3)
        #expect(configuration.log.level == .notice)
        #expect(configuration.log.format == .text)
        #expect(configuration.allowedOrigins == ["https://chat.example.com", "vscode-webview://x"])
        #expect(configuration.allowedHosts == ["sidecar", "10.1.2.3", "fd00::1"])
        #expect(configuration.sessionKey?.value.text == "sss")
        #expect(configuration.previousSessionKey?.value.text == "ppp")
        #expect(configuration.sidecarKey?.value.text == "kkk")
        #expect(
            configuration.identity.issuers.map(\.identifier) == ["https://a.example.com/", "https://b.example.com/x"])
        #expect(configuration.identity.audiences == ["a1", "a2"])
        #expect(configuration.identity.algorithms == [.es256])
        #expect(configuration.identity.requiredScope == "use")
        #expect(configuration.identity.ca?.contents.text == Registered.certificate)
        let provider = try #require(configuration.providers["default"])
        #expect(provider.tokenEndpoint?.description == "https://a.example.com/token")
        #expect(provider.clientAuthentication == .basic)
        #expect(
            provider.parameters == [
                FormParameter(name: "audience", value: "x"), FormParameter(name: "b", value: "y z"),
            ])
        #expect(provider.timeout == .milliseconds(900))
        #expect(provider.retries == 0)
        #expect(provider.maxConnections == 2)
        guard case .secret(let secret) = provider.credential else { return }
        #expect(secret.value.text == "${x}")
        #expect(configuration.providers["other"]?.clientID == "you")
        #expect(configuration.cache.negativeTTL == .zero)
        #expect(configuration.limits.headerBytes == 8_192)
        #expect(configuration.limits.requestsPerUser == RequestRate(90, per: .minute))
        #expect(configuration.servers.map(\.name) == ["b", "a"])
        let server = try #require(configuration.servers.first)
        #expect(server.url.target == "/x?y")
        #expect([server.title, server.description, server.iconPath] == ["B", "Bee", "/b.png"])
        #expect(server.scopes == ["api://b/one", "api://b/two"])
        #expect(server.provider == "other")
        #expect(server.headers.map { "\($0.name)=\($0.value.text)" } == ["X-Team=support", "X-Key=${k}"])
        #expect(server.timeouts.connect == .seconds(1))
        #expect(server.timeouts.response == .seconds(9))
        #expect(server.timeouts.sseKeepalive == .seconds(4))
        #expect(configuration.servers.last?.scopes == ["api://a/one", "api://a/two"])
    }

    @Test(arguments: [
        (
            "nonsense: 1\n",
            "proxy.yaml:1:1: nonsense: unknown key; expected one of admin, allow_insecure_listen, allowed_hosts, allowed_origins, cache, exchange, hardening, identity, limits, listen, log, previous_session_key, previous_session_key_file, providers, public_url, reuse_port, servers, session_key, session_key_file, sidecar_key, sidecar_key_file, timeouts, tls, workers"
        ),
        ("lisen: 1\n", "proxy.yaml:1:1: lisen: unknown key; did you mean listen?"),
        (
            "client_id: x\n",
            "proxy.yaml:1:1: client_id: unknown key; did you mean exchange.client_id or exchange.managed_identity.client_id or providers.<name>.client_id or providers.<name>.managed_identity.client_id?"
        ),
        ("log:\n  Level: info\n", "proxy.yaml:2:3: log.Level: unknown key; did you mean level?"),
        ("timeouts:\n  conect: 1s\n", "proxy.yaml:2:3: timeouts.conect: unknown key; did you mean connect?"),
        ("log: 5\n", "proxy.yaml:1:6: log: expected a mapping with the keys format, level"),
        ("log: [5]\n", "proxy.yaml:1:6: log: expected a mapping with the keys format, level"),
        ("listen: [a]\n", "proxy.yaml:1:9: listen: expected a single value, found a list"),
        ("listen: {a: b}\n", "proxy.yaml:1:9: listen: expected a single value, found a mapping"),
        (
            "allowed_origins: {a: b}\n",
            "proxy.yaml:1:18: allowed_origins: expected a value or a list of values, found a mapping"
        ),
        ("allowed_hosts: ['sidecar:8089']\n", "proxy.yaml:1:17: allowed_hosts: \(Self.host)"),
        ("allowed_hosts: ['http://sidecar']\n", "proxy.yaml:1:17: allowed_hosts: \(Self.host)"),
        ("allowed_hosts: ['*']\n", "proxy.yaml:1:17: allowed_hosts: \(Self.host)"),
        ("allowed_hosts: ['fd00::1']\n", "proxy.yaml:1:17: allowed_hosts: \(Self.host)"),
        ("allowed_origins: [[a]]\n", "proxy.yaml:1:19: allowed_origins: expected a single value, found a list"),
        (
            "allowed_origins: [\"https://a/b\"]\n",
            "proxy.yaml:1:19: allowed_origins: expected an origin such as https://chat.example.com, without a path"
        ),
        (
            "allowed_origins: 'null'\n",
            "proxy.yaml:1:18: allowed_origins: expected an origin such as https://chat.example.com, without a path"
        ),
        ("listen: 8089\n", "proxy.yaml:1:9: listen: expected host:port, [v6]:port or unix:/path"),
        ("admin: {listen: on}\n", "proxy.yaml:1:17: admin.listen: expected host:port, [v6]:port, unix:/path or off"),
        ("workers: 0\n", "proxy.yaml:1:10: workers: expected auto or a whole number from 1 to 256"),
        (
            "log: {level: warn}\n",
            "proxy.yaml:1:14: log.level: expected one of trace, debug, info, notice, warning, error, critical"
        ),
        (
            "log: {level: warnin}\n",
            "proxy.yaml:1:14: log.level: expected one of trace, debug, info, notice, warning, error, critical; did you mean warning?"
        ),
        ("log: {format: xml}\n", "proxy.yaml:1:15: log.format: expected one of json, text"),
        ("allow_insecure_listen: yes\n", "proxy.yaml:1:24: allow_insecure_listen: expected true or false"),
        (
            "timeouts: {idle: 10}\n",
            "proxy.yaml:1:18: timeouts.idle: expected a duration from 1ms to 24h, in ms, s, m or h, such as 10s"
        ),
        (
            "timeouts: {idle: 0s}\n",
            "proxy.yaml:1:18: timeouts.idle: expected a duration from 1ms to 24h, in ms, s, m or h, such as 10s"
        ),
        (
            "limits: {header_bytes: 64}\n",
            "proxy.yaml:1:24: limits.header_bytes: expected a size from 256B to 1MiB, in B, KiB or MiB, such as 64KiB"
        ),
        (
            "limits: {connections: many}\n",
            "proxy.yaml:1:23: limits.connections: expected a whole number from 1 to 1000000"
        ),
        (
            "limits: {requests_per_user: 5/d}\n",
            "proxy.yaml:1:29: limits.requests_per_user: expected a rate of 0 to 1000000 requests in s, m or h, such as 10/s"
        ),
        (
            "limits: {requests_per_user: 5}\n",
            "proxy.yaml:1:29: limits.requests_per_user: expected a rate of 0 to 1000000 requests in s, m or h, such as 10/s"
        ),
        (
            "cache: {after_user_token_expiry: server}\n",
            "proxy.yaml:1:34: cache.after_user_token_expiry: expected one of refuse, serve; did you mean serve?"
        ),
        ("identity: {tokens: saml}\n", "proxy.yaml:1:20: identity.tokens: expected one of jwt, opaque"),
        (
            "identity: {tokens: opaque, require_scope: x}\n",
            "proxy.yaml:1:43: identity.require_scope: expected identity.tokens: jwt beside it; no other scope can be read"
        ),
        (
            "exchange: {grant: tokenexchange}\n",
            "proxy.yaml:1:19: exchange.grant: expected one of jwt-bearer, token-exchange; did you mean token-exchange?"
        ),
        (
            "exchange: {subject_token_type: jwt}\n",
            "proxy.yaml:1:32: exchange.subject_token_type: expected grant: token-exchange beside it; jwt-bearer has no such field"
        ),
        (
            "exchange: {grant: token-exchange, requested_token_type: refresh_token}\n",
            "proxy.yaml:1:57: exchange.requested_token_type: expected one of access_token, jwt"
        ),
        (
            "exchange: {timeout: 11s}\n",
            "proxy.yaml:1:21: exchange.timeout: expected a duration from 1ms to 10s, in ms, s, m or h, such as 10s"
        ),
        ("exchange: {retries: 2}\n", "proxy.yaml:1:21: exchange.retries: expected a whole number from 0 to 1"),
        (
            "exchange: {parameters: {Scope: x}}\n",
            "proxy.yaml:1:32: exchange.parameters: Scope: this parameter is set by the exchange itself; remove it"
        ),
        (
            "exchange: {parameters: [x]}\n",
            "proxy.yaml:1:24: exchange.parameters: expected names with a value each, found a list"
        ),
        (
            "identity: {algorithms: [none, RS256]}\n",
            "proxy.yaml:1:25: identity.algorithms: none is refused: it is no signature; expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"
        ),
        ("identity: {algorithms: []}\n", "proxy.yaml:1:24: identity.algorithms: expected at least one value"),
        ("session_key: ${NOPE}\n", "proxy.yaml:1:14: session_key: expected the variable NOPE to be set"),
        ("log: {level: *x}\n", "proxy.yaml:1:14: log.level: aliases (*name) are not allowed; write the value out"),
        (
            "log: {level: info, level: info}\n",
            "proxy.yaml:1:20: log.level: the same key is already given at line 1, column 7"
        ),
        ("log: {<<: {level: info}}\n", "proxy.yaml:1:7: log.<<: merge keys (<<) are not allowed; write the values out"),
        (
            "servers: {Bad: {url: http://x}}\n",
            "proxy.yaml:1:11: servers.Bad: expected a name of a-z, 0-9, _ and -, at most 63 characters"
        ),
        ("servers: [x]\n", "proxy.yaml:1:10: servers: expected a mapping of names"),
        ("servers: {tickets: {uri: x}}\n", "proxy.yaml:1:21: servers.tickets.uri: unknown key; did you mean url?"),
        (
            "servers: {tickets: {scopes: x}}\n",
            "proxy.yaml:1:21: servers.tickets.scopes: unknown key; did you mean servers.<name>.obo.scopes?"
        ),
        (
            "- a\n",
            "proxy.yaml:1:1: expected a mapping with the keys admin, allow_insecure_listen, allowed_hosts, allowed_origins, cache, exchange, hardening, identity, limits, listen, log, previous_session_key, previous_session_key_file, providers, public_url, reuse_port, servers, session_key, session_key_file, sidecar_key, sidecar_key_file, timeouts, tls, workers"
        ),
    ])
    func `says where it is wrong and what was expected`(yaml: String, problem: String) {
        #expect(problems(yaml, leastEnvironment) == [problem])
    }

    @Test func `says everything that is wrong, in its order`() {
        let yaml = """
            listen: here
            identity:
              issuer: ftp://x
              audience: &a x
            exchange:
              client_id: a b
            timeouts:
              idle: soon
              idle: 5s
            servers:
              one:
                url: https://u:hunter2@h
              two:
                obo: {scopes: "a\\"b"}
            """
        #expect(
            problems(yaml, ["OBO_LOG_LEVEL": "loud", "OBO_NOPE": "1"]) == [
                "proxy.yaml:1:9: listen: expected host:port, [v6]:port or unix:/path",
                "proxy.yaml:3:11: identity.issuer: expected an http or https URL such as https://host/path",
                "proxy.yaml:4:13: identity.audience: anchors (&name) are not allowed; write the value out",
                "proxy.yaml:5:1: exchange.client_secret: required; set it in the file or by OBO_CLIENT_SECRET or OBO_CLIENT_SECRET_FILE",
                "proxy.yaml:6:14: exchange.client_id: expected one word of visible ASCII characters",
                "proxy.yaml:8:9: timeouts.idle: expected a duration from 1ms to 24h, in ms, s, m or h, such as 10s",
                "proxy.yaml:9:3: timeouts.idle: the same key is already given at line 8, column 3",
                "proxy.yaml:11:3: servers.one.obo.scopes: required; set it in the file or by OBO_SERVER_ONE_SCOPES",
                "proxy.yaml:12:10: servers.one.url: expected a URL without a user name or password",
                "proxy.yaml:13:3: servers.two.url: required; set it in the file or by OBO_SERVER_TWO_URL",
                "proxy.yaml:14:19: servers.two.obo.scopes: expected scopes such as api://tickets/access_as_user",
                "OBO_LOG_LEVEL: log.level: expected one of trace, debug, info, notice, warning, error, critical",
                "OBO_NOPE: unknown variable",
            ])
    }

    @Test func `that is no YAML has one problem, and no text of its own in it`() {
        let all = problems("exchange:\n  client_secret: hunter2: x\n", leastEnvironment)
        #expect(all == ["proxy.yaml:2:25: not valid YAML: mapping values are not allowed in this context"])
    }

    @Test(arguments: [
        "exchange: {client_secret:hunter2}\n", "exchange: {client_id: hunter2 x}\n", "listen: hunter2\n",
        "session_key_file: hunter2\n", "servers: {tickets: {url: 'https://a:hunter2@b'}}\n",
        "session_key: ${hunter2\n", "log: {level: hunter2}\n", "servers: {tickets: {headers: {X: \"hunter2\\n\"}}}\n",
        "exchange: {parameters: {client_secret: hunter2}}\n", "tls: {key: hunter2}\n", "servers: {'hunter2=X': {}}\n",
    ])
    func `never has its values printed`(yaml: String) {
        let all = problems(yaml, leastEnvironment)
        #expect(!all.isEmpty)
        #expect(!all.joined().contains("hunter2"))
    }

    /// One mistake hides no other, in the same list, map or text either.
    @Test(arguments: [
        (
            "listen: ${A}:${B}\n",
            ["proxy.yaml:1:9: listen: expected the variables A, B to be set"]
        ),
        (
            "identity: {algorithms: [none, [a]]}\n",
            [
                "proxy.yaml:1:25: identity.algorithms: none is refused",
                "proxy.yaml:1:31: identity.algorithms: expected a single value, found a list",
            ]
        ),
        (
            "servers: {tickets: {headers: {Authorization: x, X_b: y, X-A: [a], X-C: '${NO}'}}}\n",
            [
                "proxy.yaml:1:46: servers.tickets.headers: Authorization:",
                "proxy.yaml:1:54: servers.tickets.headers: X_b:",
                "proxy.yaml:1:62: servers.tickets.headers: expected a single value",
                "proxy.yaml:1:72: servers.tickets.headers: expected the variable NO to be set",
            ]
        ),
        (
            "exchange: {parameters: {grant_type: x, l: [a]}}\n",
            [
                "proxy.yaml:1:37: exchange.parameters: grant_type:",
                "proxy.yaml:1:43: exchange.parameters: expected a single",
            ]
        ),
        ("identity: {algorithms: [[a]]}\n", ["proxy.yaml:1:25: identity.algorithms: expected a single value"]),
        (
            "sidecar key: x\nlog.level: y\n",
            ["proxy.yaml:1:1: sidecar key: unknown key", "proxy.yaml:2:1: log.level: unknown"]
        ),
    ])
    func `has all its mistakes told`(yaml: String, expected: [String]) {
        let found = problems(yaml, leastEnvironment)
        #expect(found.count == expected.count, "\(found)")
        for (problem, start) in zip(found, expected) { #expect(problem.hasPrefix(start)) }
    }

    /// What it lacks nobody knows then.
    @Test func `that is no YAML is not said to lack anything`() {
        #expect(problems("log: {level: info\n").count == 1)
        #expect(problems("log: {level: info}\n").count > 1)
    }

    @Test(arguments: [
        "", "# nothing\n", "log:\n", "log: ~\nservers: null\n", "listen: ''\nallowed_origins: []\n", "admin: {}\n",
    ])
    func `may be empty where it is`(yaml: String) {
        #expect(problems(yaml, leastEnvironment) == [])
    }

    @Test(arguments: ["admin: off\n", "admin: {listen: off}\n", "admin: {listen: \"${X:-off}\"}\n"])
    func `turns the admin listener off`(yaml: String) throws {
        #expect(try load(yaml, leastEnvironment).configuration.admin == nil)
    }

    @Test func `that is missing is a problem by its name`() {
        let all = #expect(throws: ConfigurationErrors.self) {
            try ProxyConfiguration.load(file: "etc/x.yaml", environment: leastEnvironment) {
                (_) throws(FileFault) in throw .denied
            }
        }
        #expect(all?.description == "etc/x.yaml: this process may not read the file")
    }
}
