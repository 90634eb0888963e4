import Testing

@testable import Configuration

@Suite struct `The listeners` {
    private static let reach =
        "listen: expected a loopback address or a Unix socket; others need tls, sidecar_key or allow_insecure_listen: true"

    @Test(arguments: ["127.0.0.2:80", "[::1]:80", "localhost:80", "unix:/run/s"])
    func `may be open on this machine`(address: String) {
        #expect(problems(nil, leastEnvironment + ["OBO_LISTEN": address]) == [])
    }

    @Test(arguments: ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "proxy:80", "localhost.example.com:80"])
    func `need a guard beyond it`(address: String) {
        let environment = leastEnvironment + ["OBO_LISTEN": address]
        #expect(problems(nil, environment) == ["OBO_LISTEN: \(Self.reach)"])
        #expect(problems("listen: '\(address)'\n", leastEnvironment) == ["proxy.yaml:1:9: \(Self.reach)"])
        #expect(problems(nil, environment + ["OBO_SIDECAR_KEY": "k"]) == [])
        #expect(problems(nil, environment + ["OBO_ALLOW_INSECURE_LISTEN": "true"]) == [])
        #expect(problems("tls: {certificate: c, key: k}\n", environment, files: pem) == [])
        #expect(problems(nil, environment + ["OBO_SIDECAR_KEY": ""]) == ["OBO_LISTEN: \(Self.reach)"])
        #expect(problems(nil, environment + ["OBO_ALLOW_INSECURE_LISTEN": "false"]) == ["OBO_LISTEN: \(Self.reach)"])
    }

    @Test func `know a previous session key by its successor`() {
        let environment = leastEnvironment + ["OBO_PREVIOUS_SESSION_KEY": "a"]
        #expect(problems(nil, environment) == ["session_key: required, since previous_session_key is set"])
        #expect(problems(nil, environment + ["OBO_SESSION_KEY": "b"]) == [])
        #expect(problems(nil, leastEnvironment + ["OBO_PREVIOUS_SESSION_KEY": ""]) == [])
    }

    @Test func `keep administration on this machine, whatever guards the other`() {
        let environment = leastEnvironment + ["OBO_ADMIN_LISTEN": "0.0.0.0:9089", "OBO_SIDECAR_KEY": "k"]
        #expect(
            problems(nil, environment) == [
                "OBO_ADMIN_LISTEN: admin.listen: expected a loopback address or a Unix socket; others need allow_insecure_listen: true"
            ])
        #expect(problems(nil, environment + ["OBO_ALLOW_INSECURE_LISTEN": "true"]) == [])
    }

    @Test func `differ`() {
        let same = ["OBO_LISTEN": "127.0.0.1:1", "OBO_ADMIN_LISTEN": "127.0.0.1:1"]
        #expect(
            problems(nil, leastEnvironment + same) == [
                "OBO_ADMIN_LISTEN: admin.listen: expected an address other than that of listen"
            ])
        let chosen = ["OBO_LISTEN": "127.0.0.1:0", "OBO_ADMIN_LISTEN": "127.0.0.1:0"]
        #expect(problems(nil, leastEnvironment + chosen) == [])
    }

    /// What `run` would refuse `check` refuses too, and by its name.
    @Test(arguments: [
        (
            "tls: {certificate: g, key: k}\n",
            "1:20: tls.certificate: expected a file with one or more certificates in PEM form"
        ),
        ("tls: {certificate: c, key: g}\n", "1:28: tls.key: expected a private key, as PEM or beside the certificate"),
        (
            "tls: {certificate: c, key: o}\n",
            "1:28: tls.key: expected the private key of the certificate; this one is another's"
        ),
        (
            "tls: {certificate: c, key: k, client_ca: g}\n",
            "1:42: tls.client_ca: expected a file with one or more certificates in PEM form"
        ),
        (
            "identity: {ca_file: g}\n",
            "1:21: identity.ca_file: expected a file with one or more certificates in PEM form"
        ),
        (
            "exchange: {ca_file: g}\n",
            "1:21: exchange.ca_file: expected a file with one or more certificates in PEM form"
        ),
        (
            "servers: {tickets: {ca_file: g}}\n",
            "1:30: servers.tickets.ca_file: expected a file with one or more certificates in PEM form"
        ),
    ])
    func `need files that can be used`(yaml: String, problem: String) {
        let other = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        let files = pem.merging(["g": "garbage", "o": other + "-----END PRIVATE KEY-----\n"]) { $1 }
        #expect(problems(yaml, leastEnvironment, files: files) == ["proxy.yaml:" + problem])
    }

    @Test(arguments: [
        ("tls: {certificate: c}\n", ["tls.key"]), ("tls: {key: k}\n", ["tls.certificate"]),
        ("tls: {client_ca: c}\n", ["tls.certificate", "tls.key"]),
    ])
    func `need a certificate and its key`(yaml: String, missing: [String]) {
        let expected = missing.map { "proxy.yaml:1:1: \($0): required, since other keys of tls are set" }
        #expect(problems(yaml, leastEnvironment, files: pem) == expected)
    }
}

@Suite struct `Identity` {
    @Test(arguments: [
        ("http://id.example.com", "expected an https URL; plain http is accepted for a loopback host only"),
        ("https://u:p@id.example.com", "expected a URL without a user name or password"),
        ("https://id.example.com/?tenant=x", "expected an issuer URL without a query"),
        ("https://login.microsoftonline.com/common/v2.0", shared),
        ("https://login.microsoftonline.com/Organizations/v2.0", shared),
        ("https://login.microsoftonline.com/consumers/v2.0", shared), ("https://sts.windows.net/common/", shared),
        ("http://localhost:1/common/v2.0", shared),
        (
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "expected a URL whose path and query hold URL characters only (others as %XX)"
        ),
    ])
    func `refuses an issuer`(issuer: String, message: String) {
        #expect(
            problems(nil, leastEnvironment + ["OBO_ISSUER": issuer]) == ["OBO_ISSUER: identity.issuer: \(message)"])
    }

    @Test(arguments: [
        ("http://127.0.0.1:9", "http://127.0.0.1:9", "http://127.0.0.1:9/.well-known/openid-configuration"),
        (
            "https://id.example.com/", "https://id.example.com/",
            "https://id.example.com/.well-known/openid-configuration"
        ),
        (
            "https://id.example.com/common", "https://id.example.com/common",
            "https://id.example.com/common/.well-known/openid-configuration"
        ),
        (
            "https://sts.windows.net/t/", "https://sts.windows.net/t/",
            "https://sts.windows.net/t/.well-known/openid-configuration"
        ),
        (
            "https://login.microsoftonline.com/t/v2.0/", "https://login.microsoftonline.com/t/v2.0",
            "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration"
        ),
    ])
    func `knows an issuer's metadata`(text: String, identifier: String, discovery: String) throws {
        let issuers = try load(nil, leastEnvironment + ["OBO_ISSUER": text]).configuration.identity.issuers
        #expect(issuers.map(\.identifier) == [identifier])
        #expect(issuers.map(\.discovery.description) == [discovery])
    }

    @Test func `takes given keys for one issuer only`() {
        let environment = leastEnvironment + ["OBO_JWKS_URI": "https://k.example.com"]
        #expect(problems(nil, environment) == [])
        #expect(
            problems(nil, environment + ["OBO_ISSUER": "https://a.example.com,https://b.example.com"]) == [
                "OBO_JWKS_URI: identity.jwks_uri: expected a single issuer beside it; several are found by discovery"
            ])
    }

    @Test func `takes no keys over plain http`() {
        #expect(
            problems(nil, leastEnvironment + ["OBO_JWKS_URI": "http://k.example.com"]) == [
                "OBO_JWKS_URI: identity.jwks_uri: expected an https URL; plain http is accepted for a loopback host only"
            ])
    }

    private static let shared =
        "expected a tenant's id in the path: common, organizations and consumers accept any tenant's users"
}

@Suite struct `Providers` {
    private static let other = "providers: {other: {client_id: o, client_secret: s}}\n"

    @Test(arguments: [
        (
            ["OBO_TOKEN_ENDPOINT": "http://t.example.com"],
            "OBO_TOKEN_ENDPOINT: exchange.token_endpoint: expected an https URL; plain http is accepted for a loopback host only"
        ),
        (
            ["OBO_TOKEN_ENDPOINT": "https://login.microsoftonline.com/common/oauth2/v2.0/token"],
            "OBO_TOKEN_ENDPOINT: exchange.token_endpoint: expected a tenant's id in the path: common, organizations and consumers accept any tenant's users"
        ),
    ])
    func `are refused`(extra: [String: String], problem: String) {
        #expect(problems(nil, leastEnvironment + extra).first == problem)
    }

    @Test func `of Entra take no resource`() {
        let yaml =
            "exchange: {token_endpoint: 'https://login.microsoftonline.com/t/oauth2/v2.0/token', parameters: {resource: x}}\n"
        #expect(
            problems(yaml, leastEnvironment) == [
                "proxy.yaml:1:97: exchange.parameters: Entra refuses resource beside scope; remove it"
            ])
        // Found by the issuer's discovery, it is no other.
        let yamls = [
            "exchange: {parameters: {resource: x}}\n": "1:24: exchange.parameters",
            "servers: {tickets: {obo: {parameters: {resource: x}}}}\n": "1:39: servers.tickets.obo.parameters",
        ]
        for (yaml, place) in yamls {
            #expect(
                problems(yaml, leastEnvironment) == [
                    "proxy.yaml:\(place): Entra refuses resource beside scope; remove it"
                ])
            #expect(problems(yaml, leastEnvironment + ["OBO_ISSUER": "https://id.example.com"]).isEmpty)
        }
    }

    @Test func `called default are the section exchange`() {
        #expect(
            problems("providers: {default: {client_id: x, client_secret: y}}\n", leastEnvironment) == [
                "proxy.yaml:1:13: providers.default: the provider called default is the section exchange"
            ])
    }

    @Test func `do not include a default one that nobody asks for`() throws {
        let environment = [
            "OBO_ISSUER": "https://id.example.com", "OBO_AUDIENCE": "a", "OBO_SERVER_A_URL": "http://a",
            "OBO_SERVER_A_SCOPES": "api://a/x", "OBO_SERVER_A_PROVIDER": "other",
        ]
        #expect(try load(Self.other, environment).configuration.providers.keys.sorted() == ["other"])
        #expect(
            problems(Self.other, environment + ["OBO_AUDIENCE": ""]) == [
                "identity.audience: required, since there is no exchange.client_id to be the audience"
            ])
    }

    @Test func `do not inherit Azure's or the chat server's variables but for the default one`() {
        let yaml = "providers: {other: {client_id: o}}\n"
        #expect(
            problems(yaml, leastEnvironment + ["AZURE_CLIENT_SECRET": "s"]) == [
                "proxy.yaml:1:13: providers.other.client_secret: required; set it in the file or by OBO_PROVIDERS_OTHER_CLIENT_SECRET or OBO_PROVIDERS_OTHER_CLIENT_SECRET_FILE"
            ])
    }
}

@Suite struct `The public URL` {
    @Test(arguments: [
        ("https://Chat.example.com", "https://chat.example.com/"),
        ("https://chat.example.com/mcp/", "https://chat.example.com/mcp/"),
        ("http://10.0.0.1:8089/a/b", "http://10.0.0.1:8089/a/b"),
    ])
    func `is where clients find us`(text: String, url: String) throws {
        let configuration = try load("public_url: \(text)\n", leastEnvironment).configuration
        #expect(configuration.publicURL?.description == url)
    }

    @Test func `is optional`() throws {
        let environment = leastEnvironment + ["OBO_SERVER_TICKETS_ERRORS": "strict"]
        #expect(try load(nil, environment).configuration.publicURL == nil)
    }

    @Test(arguments: [
        ("https://h/mcp?a=b", "proxy.yaml:1:13: public_url: expected a URL without a query"),
        ("chat.example.com", "proxy.yaml:1:13: public_url: \(UpstreamURL.Fault.noURL.rawValue)"),
        ("https://u:p@h", "proxy.yaml:1:13: public_url: \(UpstreamURL.Fault.userInfo.rawValue)"),
    ])
    func `names no more than a place`(text: String, problem: String) {
        #expect(problems("public_url: \(text)\n", leastEnvironment) == [problem])
    }
}

@Suite struct `Servers` {
    @Test(arguments: [
        (
            "type: stdio",
            "proxy.yaml:3:11: servers.tickets.type: stdio is refused: it carries no request headers, so no user's token; expected streamable-http, sse"
        ),
        (
            "type: websocket",
            "proxy.yaml:3:11: servers.tickets.type: websocket is refused: it carries no request headers after its start, so a token could not be renewed; expected streamable-http, sse"
        ),
        ("type: http", "proxy.yaml:3:11: servers.tickets.type: expected one of streamable-http, sse"),
        (
            "errors: jsonrcp",
            "proxy.yaml:3:13: servers.tickets.errors: expected one of jsonrpc, strict; did you mean jsonrpc?"
        ),
        (
            "provider: defualt",
            "proxy.yaml:3:15: servers.tickets.provider: expected a name in providers; did you mean default?"
        ),
        (
            "provider: okta",
            "proxy.yaml:3:15: servers.tickets.provider: expected a name in providers; known are default"
        ),
        (
            "timeouts: {header: 1s}",
            "proxy.yaml:3:16: servers.tickets.timeouts.header: unknown key; did you mean timeouts.header?"
        ),
        (
            "headers: {authorization: x}",
            "proxy.yaml:3:30: servers.tickets.headers: authorization: this header is set by the proxy or never sent; remove it"
        ),
        (
            "headers: {X-OBO-Key: x}",
            "proxy.yaml:3:26: servers.tickets.headers: X-OBO-Key: this header is set by the proxy or never sent; remove it"
        ),
        (
            "headers: {Mcp-Session-Id: x}",
            "proxy.yaml:3:31: servers.tickets.headers: Mcp-Session-Id: this header is set by the proxy or never sent; remove it"
        ),
        (
            "headers: {X_A: x}",
            "proxy.yaml:3:20: servers.tickets.headers: X_A: expected a header name of letters, digits and hyphens"
        ),
        (
            "headers: {\"X A\": x}",
            "proxy.yaml:3:22: servers.tickets.headers: X A: expected a header name of letters, digits and hyphens"
        ),
        (
            "headers: {X-A: x, x-a: y}",
            "proxy.yaml:3:28: servers.tickets.headers: x-a: the same header is already given"
        ),
        (
            "headers: {X-A: \"x\\r\\nY: z\"}",
            "proxy.yaml:3:20: servers.tickets.headers: X-A: expected a header value of visible ASCII characters"
        ),
        ("title: \"a\\nb\"", "proxy.yaml:3:12: servers.tickets.title: expected a text without control characters"),
    ])
    func `say what is wrong`(line: String, problem: String) {
        #expect(problems("servers:\n  tickets:\n    \(line)\n", leastEnvironment) == [problem])
    }

    @Test(arguments: [
        ("api://a/x api://a/y", true), ("api://a/.default", true),
        ("https://graph.microsoft.com/Mail.Read User.Read", true),
        ("api://a/x openid offline_access", true), ("User.Read Mail.Read", true),
        ("11111111-1111-1111-1111-111111111111/.default", true), ("API://A/x,api://a/y", true),
        ("api://a/x api://b/x", false), ("api://a/x User.Read", false), ("api://a/b/x api://a/x", false),
    ])
    func `ask for one resource`(scopes: String, isOne: Bool) {
        let problem =
            "OBO_SERVER_TICKETS_SCOPES: servers.tickets.obo.scopes: expected scopes of one resource, found several"
        #expect(problems(nil, leastEnvironment + ["OBO_SERVER_TICKETS_SCOPES": scopes]) == (isOne ? [] : [problem]))
    }

    @Test(arguments: [("jsonrpc", RefusalForm.jsonrpc), ("strict", .strict)])
    func `refuse in either form`(word: String, form: RefusalForm) throws {
        let environment = leastEnvironment + ["OBO_SERVER_TICKETS_ERRORS": word]
        #expect(try load(nil, environment).configuration.servers.map(\.errors) == [form])
    }

    @Test(arguments: ["\" , \"", "[]", "[\"\"]"])
    func `ask for something`(scopes: String) {
        var environment = leastEnvironment
        environment["OBO_SERVER_TICKETS_SCOPES"] = nil
        #expect(
            problems("servers: {tickets: {obo: {scopes: \(scopes)}}}\n", environment) == [
                "proxy.yaml:1:35: servers.tickets.obo.scopes: expected at least one value"
            ])
    }
}
