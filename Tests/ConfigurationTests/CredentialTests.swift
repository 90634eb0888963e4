import OpenSSL
import Registered
import Testing

@testable import Configuration

/// The least environment without its secret.
private let bare = leastEnvironment + ["OBO_CLIENT_SECRET": ""]

private let files = [
    "c.pem": Registered.certificate, "k.pem": Registered.key, "both.pem": Registered.key + Registered.certificate,
    "locked.pem": Registered.encryptedKey, "ec.pem": Registered.otherCertificate + Registered.otherKey,
    "other.key": Registered.otherKey, "password": "secret\n", "words": "words", "nothing": "", "token": "a.b.c\n",
]

private func credential(_ environment: [String: String], now: Int = 1_893_456_000) throws -> ClientCredential? {
    try load(nil, bare + environment, files: files, now: now).configuration.providers["default"]?.credential
}

@Suite struct `A client's credential` {
    @Test func `is one`() {
        let all = [
            "OBO_CLIENT_SECRET": "s", "OBO_CERTIFICATE": "both.pem", "OBO_FEDERATED_TOKEN_FILE": "token",
            "OBO_MANAGED_IDENTITY_CLIENT_ID": "m",
        ]
        let keys = ["client_secret", "certificate", "federated_token_file", "managed_identity.client_id"]
        for (first, nearer) in keys.enumerated() {
            for other in keys[(first + 1)...] {
                let set = [nearer, other].map { KeyName.variable(of: "exchange." + $0) }
                let environment = bare + all.filter { set.contains($0.key) }
                let message = "expected one way to authenticate; exchange.\(nearer) is set too"
                #expect(problems(nil, environment, files: files) == ["\(set[1]): exchange.\(other): \(message)"])
            }
        }
    }

    @Test func `may stand beside Azure's others, which nobody then looks at`() throws {
        let environment = [
            "AZURE_FEDERATED_TOKEN_FILE": "missing", "AZURE_CLIENT_CERTIFICATE_PATH": "missing",
            "AZURE_CLIENT_CERTIFICATE_PASSWORD": "p", "OBO_CLIENT_SECRET": "s",
        ]
        let loaded = try load(nil, bare + environment)
        #expect(loaded.shown("exchange.client_secret") == "[redacted] # OBO_CLIENT_SECRET")
        for key in ["federated_token_file", "certificate", "key_password"] {
            #expect(loaded.shown("exchange." + key)?.hasPrefix("(not used)") == true, "\(key)")
        }
    }

    @Test func `is Azure's before the chat server's`() throws {
        let chat = ["OPENID_CLIENT_SECRET": "s"]
        guard case .federatedToken("token") = try credential(chat + ["AZURE_FEDERATED_TOKEN_FILE": "token"]) else {
            Issue.record("no federated token")
            return
        }
        let azure = ["AZURE_CLIENT_CERTIFICATE_PATH": "both.pem", "AZURE_FEDERATED_TOKEN_FILE": "token"]
        guard case .signedAssertion? = try credential(chat + azure) else {
            Issue.record("no certificate")
            return
        }
        guard case .secret? = try credential(chat + azure + ["AZURE_CLIENT_SECRET": "s"]) else {
            Issue.record("no secret")
            return
        }
    }

    @Test func `of a named provider is its own`() throws {
        let yaml = "providers: {other: {client_id: o, certificate: c.pem, key: k.pem, client_auth: tls}}\n"
        let loaded = try load(yaml, leastEnvironment + ["AZURE_CLIENT_CERTIFICATE_PASSWORD": "p"], files: files)
        guard case .mutualTLS(let read)? = loaded.configuration.providers["other"]?.credential else {
            Issue.record("no certificate")
            return
        }
        #expect(read.certificate.path == "c.pem" && read.key?.path == "k.pem" && read.password == nil)
    }
}

@Suite struct `A client's certificate` {
    @Test(arguments: [
        ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "k.pem"], ["OBO_CERTIFICATE": "both.pem"],
        ["OBO_CERTIFICATE": "ec.pem"], ["AZURE_CLIENT_CERTIFICATE_PATH": "both.pem"],
        ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "locked.pem", "OBO_KEY_PASSWORD": "secret"],
        ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "locked.pem", "OBO_KEY_PASSWORD_FILE": "password"],
        // Whoever set the certificate here did not mean the other one's password.
        ["OBO_CERTIFICATE": "both.pem", "AZURE_CLIENT_CERTIFICATE_PASSWORD": "another's"],
    ])
    func `is read`(environment: [String: String]) throws {
        guard case .signedAssertion(let read, .ps256)? = try credential(environment) else {
            Issue.record("no certificate")
            return
        }
        #expect(try read.identity().certificate.notAfter > 1_893_456_000)
        #expect((read.password == nil) == (environment["OBO_KEY"] != "locked.pem"))
    }

    @Test(arguments: [
        (["OBO_CERTIFICATE": "missing"], "certificate", "expected a readable file: no such file"),
        (["OBO_CERTIFICATE": "nothing"], "certificate", "expected a file with content, found an empty one"),
        (["OBO_CERTIFICATE": "words"], "certificate", "expected a certificate, as PEM or PKCS #12"),
        (
            ["OBO_CERTIFICATE": "c.pem"], "certificate",
            "expected a private key, as PEM or beside the certificate"
        ),
        (["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "missing"], "key", "expected a readable file: no such file"),
        (
            ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "words"], "key",
            "expected a private key, as PEM or beside the certificate"
        ),
        (
            ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "other.key"], "key",
            "expected the private key of the certificate; this one is another's"
        ),
        (
            ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "locked.pem", "OBO_KEY_PASSWORD": "hunter2"], "key_password",
            "expected the password of the private key; this one does not open it"
        ),
        (
            ["OBO_CERTIFICATE": "ec.pem", "OBO_ASSERTION_ALGORITHM": "RS256"], "assertion_algorithm",
            "expected only with an RSA key; other keys know but one way to sign"
        ),
        (
            ["OBO_CERTIFICATE": "both.pem", "OBO_ASSERTION_ALGORITHM": "RS512"], "assertion_algorithm",
            "expected one of PS256, RS256"
        ),
        (
            ["OBO_CERTIFICATE": "both.pem", "OBO_CLIENT_AUTH": "basic"], "client_auth",
            "expected post or tls; basic is for a client secret"
        ),
    ])
    func `is refused`(environment: [String: String], key: String, message: String) {
        let path = "exchange." + key
        #expect(
            problems(nil, bare + environment, files: files) == ["\(KeyName.variable(of: path)): \(path): \(message)"])
    }

    @Test func `is refused without the password that it needs`() {
        let environment = bare + ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "locked.pem"]
        #expect(
            problems(nil, environment, files: files) == [
                "exchange.key_password: expected a password, since the private key is encrypted"
            ])
    }

    @Test func `is refused when it is over, and before`() {
        let environment = bare + ["OBO_CERTIFICATE": "both.pem"]
        #expect(
            problems(nil, environment, files: files, now: 4_950_000_000) == [
                "OBO_CERTIFICATE: exchange.certificate: expected a certificate that is valid; this one ended on 2126-10-29"
            ])
        #expect(
            problems(nil, environment, files: files, now: 1_700_000_000) == [
                "OBO_CERTIFICATE: exchange.certificate: expected a certificate that is valid; this one has not begun (or the clock is wrong)"
            ])
    }

    @Test func `is asked for where something needs it`() {
        #expect(
            problems(nil, bare + ["OBO_KEY": "k.pem"], files: files) == [
                "exchange.certificate: required, since exchange.key is set"
            ])
        #expect(
            problems(nil, leastEnvironment + ["OBO_KEY_PASSWORD": "p"]) == [
                "OBO_KEY_PASSWORD: exchange.key_password: expected only beside exchange.certificate"
            ])
        #expect(
            problems(nil, leastEnvironment + ["OBO_CLIENT_AUTH": "tls"]) == [
                "OBO_CLIENT_AUTH: exchange.client_auth: expected post or basic; tls is for a certificate"
            ])
    }

    @Test func `is shown in TLS only where there is TLS`() throws {
        let environment = ["OBO_CERTIFICATE": "both.pem", "OBO_CLIENT_AUTH": "tls"]
        guard case .mutualTLS? = try credential(environment) else {
            Issue.record("no certificate")
            return
        }
        #expect(
            problems(nil, bare + environment + ["OBO_TOKEN_ENDPOINT": "http://127.0.0.1/token"], files: files) == [
                "OBO_TOKEN_ENDPOINT: exchange.token_endpoint: expected an https URL, since the certificate is shown in TLS"
            ])
    }

    @Test func `is shown by nothing`() throws {
        let loaded = try load(
            nil, bare + ["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "locked.pem", "OBO_KEY_PASSWORD": "secret"],
            files: files)
        var dumped = ""
        dump(loaded, to: &dumped)
        #expect(!dumped.contains("PRIVATE") && !dumped.contains("\"secret\""))
        #expect(loaded.shown("exchange.key_password") == "[redacted] # OBO_KEY_PASSWORD")
    }
}

@Suite struct `A client's borrowed credential` {
    @Test func `is in a file that is there`() throws {
        guard case .federatedToken(path: "token")? = try credential(["OBO_FEDERATED_TOKEN_FILE": "token"]) else {
            Issue.record("no federated token")
            return
        }
        #expect(
            problems(nil, bare + ["OBO_FEDERATED_TOKEN_FILE": "missing"], files: files) == [
                "OBO_FEDERATED_TOKEN_FILE: exchange.federated_token_file: expected a readable file: no such file"
            ])
    }

    private func managed(_ environment: [String: String]) throws -> ManagedIdentitySettings? {
        let mine = ["OBO_MANAGED_IDENTITY_CLIENT_ID": "m"]
        guard case .managedIdentity(let settings)? = try credential(mine + environment) else { return nil }
        return settings
    }

    @Test func `comes from a virtual machine's metadata`() throws {
        let settings = try #require(try managed([:]))
        #expect("\(settings.endpoint)" == "http://169.254.169.254/metadata/identity/oauth2/token")
        #expect(settings.clientID == "m" && settings.resource == "api://AzureADTokenExchange")
        // Half of what App Service sets is somebody else's.
        let half = try #require(try managed(["IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token"]))
        #expect(half.endpoint == settings.endpoint)
    }

    @Test func `comes from App Service where that is around`() throws {
        let platform = ["IDENTITY_ENDPOINT": "http://127.0.0.1:41/msi/token", "IDENTITY_HEADER": "guest"]
        let settings = try #require(try managed(platform))
        #expect("\(settings.endpoint)" == "http://127.0.0.1:41/msi/token")
        guard case .appService(let header) = settings.service else {
            Issue.record("another service")
            return
        }
        #expect(header.text == "guest")
        let mine = try #require(try managed(platform + ["OBO_MANAGED_IDENTITY_ENDPOINT": "http://[::1]:9/token"]))
        #expect("\(mine.endpoint)" == "http://[::1]:9/token")
        guard case .instanceMetadata = mine.service else {
            Issue.record("another service")
            return
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1/a", true), ("http://169.254.1.2/a", true), ("http://[fe80::1]/a", true),
        ("https://id.example.com/a", true), ("http://id.example.com/a", false), ("http://10.0.0.1/a", false),
        ("http://169.254.example.com/a", false), ("http://[fec0::1]/a", false),
    ])
    func `stays on the machine and its link when it is not encrypted`(endpoint: String, isTaken: Bool) {
        let environment = bare + ["OBO_MANAGED_IDENTITY_CLIENT_ID": "m", "OBO_MANAGED_IDENTITY_ENDPOINT": endpoint]
        let problem =
            "OBO_MANAGED_IDENTITY_ENDPOINT: exchange.managed_identity.endpoint: expected an https URL; plain http is accepted for a loopback or link-local address only"
        #expect(problems(nil, environment) == (isTaken ? [] : [problem]))
    }

    @Test func `is refused where it cannot work`() {
        let mine = bare + ["OBO_MANAGED_IDENTITY_CLIENT_ID": "m"]
        #expect(
            problems(nil, bare + ["OBO_MANAGED_IDENTITY_RESOURCE": "r"]) == [
                "exchange.managed_identity.client_id: required; only a user-assigned identity can stand in for an application"
            ])
        #expect(
            problems(nil, mine + ["OBO_MANAGED_IDENTITY_ENDPOINT": "http://127.0.0.1/a?b"]) == [
                "OBO_MANAGED_IDENTITY_ENDPOINT: exchange.managed_identity.endpoint: expected a URL without a query"
            ])
        #expect(
            problems(nil, mine + ["IDENTITY_ENDPOINT": "http://platform/a", "IDENTITY_HEADER": "h"]) == [
                "IDENTITY_ENDPOINT: expected an https URL; plain http is accepted for a loopback or link-local address only"
            ])
        #expect(
            problems(nil, mine + ["IDENTITY_ENDPOINT": "http://127.0.0.1/a", "IDENTITY_HEADER": "a\r\nb"]) == [
                "IDENTITY_HEADER: expected one word of visible ASCII characters"
            ])
    }
}

@Suite struct `A credential's files` {
    private func reader(_ files: [String: String]) -> (String) throws(FileFault) -> [UInt8] {
        { (path: String) throws(FileFault) in
            guard let text = files[path] else { throw .missing }
            return Array(text.utf8)
        }
    }

    @Test func `are read again`() throws {
        guard case .signedAssertion(let first, _)? = try credential(["OBO_CERTIFICATE": "c.pem", "OBO_KEY": "k.pem"])
        else { return }
        #expect(try first.isSame(as: first.reread(by: reader(files))))
        let changed = try first.reread(by: reader(files + ["c.pem": Registered.otherCertificate]))
        #expect(!first.isSame(as: changed))
        #expect(throws: UnreadableFile(path: "k.pem", fault: .missing)) {
            try first.reread(by: reader(["c.pem": Registered.certificate]))
        }
        #expect(throws: UnreadableFile(path: "c.pem", fault: .empty)) { try first.reread(by: reader(["c.pem": ""])) }
    }

    @Test func `hold secrets without their last line break`() throws {
        guard case .secret(let first)? = try credential(["OBO_CLIENT_SECRET_FILE": "password"]) else { return }
        #expect(try first.reread(by: reader(["password": "new\r\n"])).value.text == "new")
        #expect(throws: UnreadableFile(path: "password", fault: .empty)) {
            try first.reread(by: reader(["password": "\n"]))
        }
        guard case .secret(let inline)? = try credential(["OBO_CLIENT_SECRET": "inline"]) else { return }
        #expect(try inline.reread(by: reader([:])).value.text == "inline")
    }
}
