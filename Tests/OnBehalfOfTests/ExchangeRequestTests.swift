import Bytes
import OpenSSL
import Testing

@testable import OnBehalfOf

@Suite struct ExchangeRequestTests {
    @Test func writesEntrasForm() throws {
        let request = ExchangeRequest(
            target: try target(scopes: "api://t/a api://t/b", parameters: [.init("audience", "a b&c")]),
            subject: Secret("eyJ.x-_~.y"), proof: hush, claims: #"{"a":1}"#)
        #expect(
            body(request)
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=client&client_secret=hush"
                + "&assertion=eyJ.x-_~.y&scope=api%3A%2F%2Ft%2Fa%20api%3A%2F%2Ft%2Fb&requested_token_use=on_behalf_of"
                + "&audience=a%20b%26c&claims=%7B%22a%22%3A1%7D")
    }

    /// RFC 8693 §2.1. Nothing of Entra's own grant is in it.
    @Test(arguments: [
        (TokenType?.none, ""), (.jwt, "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"),
    ])
    func writesATokenExchange(_ requested: TokenType?, _ asked: String) throws {
        let request = ExchangeRequest(
            target: try target(
                grant: .tokenExchange(subject: .accessToken, requested: requested),
                parameters: [.init("audience", "tickets")]),
            subject: Secret("opaque+token"), proof: hush)
        #expect(
            body(request)
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&client_id=client"
                + "&client_secret=hush&subject_token=opaque%2Btoken"
                + "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\(asked)"
                + "&scope=api%3A%2F%2Ftickets%2Faccess_as_user&audience=tickets")
    }

    @Test func provesItselfByAssertion() throws {
        let request = ExchangeRequest(target: try target(), subject: Secret("t"), proof: .assertion(Secret("h.c.s")))
        let form = body(request)
        #expect(form.contains("&client_id=client&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"))
        #expect(form.contains("client-assertion-type%3Ajwt-bearer&client_assertion=h.c.s&"))
        #expect(!form.contains("client_secret") && !fields(request).contains("Authorization"))
    }

    /// RFC 8705 §2: the id, and nothing else, since the TLS connection is the proof.
    @Test func provesItselfByCertificate() throws {
        let request = ExchangeRequest(target: try target(), subject: Secret("t"), proof: .certificate)
        #expect(body(request).contains("&client_id=client&assertion=t&"))
        #expect(!body(request).contains("client_assertion") && !fields(request).contains("Authorization"))
    }

    @Test func encodesWhateverASecretHolds() throws {
        let request = ExchangeRequest(
            target: try target(), subject: Secret("t"), proof: .secret(Secret("a+b&c=d%é\r\n~"), .post))
        #expect(body(request).contains("&client_secret=a%2Bb%26c%3Dd%25%C3%A9%0D%0A~&"))
    }

    /// RFC 6749 §2.3.1: form-encoded, then joined, then base64.
    @Test(arguments: [("id", "s", "aWQ6cw=="), ("a:b", "c d", "YSUzQWI6YyUyMGQ="), ("id", "sec", "aWQ6c2Vj")])
    func provesItselfByBasic(_ id: String, _ secret: String, _ expected: String) throws {
        let request = ExchangeRequest(
            target: try target(clientID: id), subject: Secret("t"), proof: .secret(Secret(secret), .basic))
        #expect(fields(request).contains("\r\nAuthorization: Basic \(expected)\r\n"))
        #expect(!body(request).contains("client_secret"))
        #expect(!body(request).contains("client_id"))
    }

    @Test func sendsItsFields() throws {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e"
        let request = ExchangeRequest(target: try target(), subject: Secret("t"), proof: hush, requestID: id)
        let lines = fields(request).split(separator: "\r\n").map(String.init)
        #expect(lines.contains("Content-Type: application/x-www-form-urlencoded"))
        #expect(lines.contains("Accept: application/json"))
        #expect(lines.contains("x-ms-lib-capability: retry-after, h429"))
        #expect(lines.contains("client-request-id: \(id)"))
        #expect(!fields(request).contains("Authorization"))
        #expect(fields(request).hasSuffix("\r\n"))
    }

    @Test(arguments: ["", "a\r\nX: y", "a b", "é", String(repeating: "a", count: 65)])
    func leavesOutAnIDThatIsNone(_ id: String) throws {
        let request = ExchangeRequest(target: try target(), subject: Secret("t"), proof: hush, requestID: id)
        #expect(!fields(request).contains("client-request-id"))
    }

    @Test func neverPrints() throws {
        let request = ExchangeRequest(
            target: try target(), subject: Secret("user-token"), proof: hush, claims: "claims-value")
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), "\([request])", dumped] {
            #expect(!text.contains("hush") && !text.contains("user-token") && !text.contains("claims-value"))
        }
    }
}

@Suite struct ExchangeTargetTests {
    @Test(arguments: ["grant_type", "assertion", "client_secret", "scope", "requested_token_use", "client_assertion"])
    func keepsItsOwnFields(_ name: String) {
        #expect(throws: ExchangeTarget.Fault.reservedParameter(name)) {
            try target(parameters: [.init(name, "x")])
        }
    }

    @Test func refusesWhatCannotBeSent() {
        #expect(throws: ExchangeTarget.Fault.emptyScopes) { try target(scopes: "") }
        #expect(throws: ExchangeTarget.Fault.invalidScopes) { try target(scopes: "a\nb") }
        #expect(throws: ExchangeTarget.Fault.emptyClientID) { try target(clientID: "") }
        #expect(throws: ExchangeTarget.Fault.repeatedParameter("a")) {
            try target(parameters: [.init("a", "1"), .init("a", "2")])
        }
    }

    /// Whatever may change the minted token, or whether it is taken, changes the key, and nothing can be shifted from one field to the next.
    @Test func everyFieldIsInTheDigest() throws {
        let variants = [
            try target(), try target(scopes: "api://tickets/other"), try target(clientID: "client2"),
            try target(provider: "other"), try target(endpoint: "https://idp.test/token2"),
            try target(parameters: [.init("a", "b")]), try target(parameters: [.init("ab", "")]),
            try target(parameters: [.init("a", ""), .init("b", "")]),
            try target(provider: "defaulth", endpoint: "ttps://idp.test/token"),
            try target(scopes: "tapi://tickets/access_as_user", clientID: "clien"),
            try target(grant: .tokenExchange(subject: .accessToken, requested: nil)),
            try target(grant: .tokenExchange(subject: .jwt, requested: nil)),
            try target(grant: .tokenExchange(subject: .accessToken, requested: .jwt)),
            try target(refusing: []), try target(refusing: ["client"]), try target(refusing: ["cli", "ent"]),
        ]
        var digests = Set(variants.map { $0.service { SHA256.digest($0) } })
        digests.formUnion(variants.map { $0.service(claims: "{}") { SHA256.digest($0) } })
        digests.formUnion(variants.map { $0.service(claims: "") { SHA256.digest($0) } })
        #expect(digests.count == variants.count * 3)
    }
}
