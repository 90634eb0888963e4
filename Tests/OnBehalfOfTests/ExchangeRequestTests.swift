import Bytes
import OpenSSL
import Testing

@testable import OnBehalfOf

@Suite struct ExchangeRequestTests {
    @Test func writesEntrasForm() throws {
        let request = ExchangeRequest(
            target: try target(scopes: "api://t/a api://t/b", parameters: [.init("audience", "a b&c")]),
            assertion: Secret("eyJ.x-_~.y"), claims: #"{"a":1}"#)
        #expect(
            body(request)
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=client&client_secret=hush"
                + "&assertion=eyJ.x-_~.y&scope=api%3A%2F%2Ft%2Fa%20api%3A%2F%2Ft%2Fb&requested_token_use=on_behalf_of"
                + "&audience=a%20b%26c&claims=%7B%22a%22%3A1%7D")
    }

    @Test func encodesWhateverASecretHolds() throws {
        let request = ExchangeRequest(
            target: try target(secret: "a+b&c=d%é\r\n~"), assertion: Secret("t"))
        #expect(body(request).contains("&client_secret=a%2Bb%26c%3Dd%25%C3%A9%0D%0A~&"))
    }

    /// RFC 6749 §2.3.1: form-encoded, then joined, then base64.
    @Test(arguments: [("id", "s", "aWQ6cw=="), ("a:b", "c d", "YSUzQWI6YyUyMGQ="), ("id", "sec", "aWQ6c2Vj")])
    func provesItselfByBasic(_ id: String, _ secret: String, _ expected: String) throws {
        let request = ExchangeRequest(
            target: try target(placement: .basic, clientID: id, secret: secret), assertion: Secret("t"))
        #expect(fields(request).contains("\r\nAuthorization: Basic \(expected)\r\n"))
        #expect(!body(request).contains("client_secret"))
        #expect(!body(request).contains("client_id"))
    }

    @Test func sendsItsFields() throws {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e"
        let request = ExchangeRequest(target: try target(), assertion: Secret("t"), requestID: id)
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
        let request = ExchangeRequest(target: try target(), assertion: Secret("t"), requestID: id)
        #expect(!fields(request).contains("client-request-id"))
    }

    @Test func neverPrints() throws {
        let request = ExchangeRequest(
            target: try target(secret: "hush-hush"), assertion: Secret("user-token"), claims: "claims-value")
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

    /// Whatever may change the minted token changes the key, and nothing can be shifted from one field to the next.
    @Test func everyFieldIsInTheDigest() throws {
        let variants = [
            try target(), try target(scopes: "api://tickets/other"), try target(clientID: "client2"),
            try target(provider: "other"), try target(endpoint: "https://idp.test/token2"),
            try target(parameters: [.init("a", "b")]), try target(parameters: [.init("ab", "")]),
            try target(parameters: [.init("a", ""), .init("b", "")]),
            try target(provider: "defaulth", endpoint: "ttps://idp.test/token"),
            try target(scopes: "tapi://tickets/access_as_user", clientID: "clien"),
        ]
        var digests = Set(variants.map { $0.service { SHA256.digest($0) } })
        digests.formUnion(variants.map { $0.service(claims: "{}") { SHA256.digest($0) } })
        digests.formUnion(variants.map { $0.service(claims: "") { SHA256.digest($0) } })
        #expect(digests.count == variants.count * 3)
        #expect(
            try target(secret: "rotated").service { SHA256.digest($0) } == variants[0].service { SHA256.digest($0) })
    }
}
