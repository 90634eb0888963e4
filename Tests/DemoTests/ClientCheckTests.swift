import Bytes
import FoundationEssentials
import JSON
import OpenSSL
import Testing

@testable import Demo

/// A client with a registered certificate, and the provider's look at it.
private struct Client {
    static let now: Int64 = 1_800_000_000
    static let url = "http://issuer/token"
    /// Making one takes a while.
    private static let usualKey = Result { try PrivateKey(generating: .rsa) }
    let key: PrivateKey
    var check: ClientCheck

    init() throws {
        key = try Self.usualKey.get()
        var settings = ProviderSettings()
        settings.certificate = try RegisteredCertificate(key: key.publicKey(), sha256: "new-name", sha1: "old-name")
        check = ClientCheck(settings: settings, audience: Client.url)
    }

    /// A good assertion, with changes; nil leaves a member out.
    func assertion(
        _ algorithm: JWSAlgorithm = .ps256, by signer: PrivateKey? = nil, header: [String: JSON?] = [:],
        claims: [String: JSON?] = [:]
    ) throws -> ClientProof {
        var head: JSON.Object = ["alg": .string(algorithm.rawValue), "typ": .string("JWT")]
        head[algorithm == .rs256 ? "x5t" : "x5t#S256"] = .string(algorithm == .rs256 ? "old-name" : "new-name")
        var body: JSON.Object = [
            "aud": .string(Client.url), "iss": .string("chat"), "sub": .string("chat"), "jti": .string("one"),
            "nbf": .integer(Client.now), "iat": .integer(Client.now), "exp": .integer(Client.now + 600),
        ]
        for (name, value) in header { head[name] = value }
        for (name, value) in claims { body[name] = value }
        let (head64, body64) = (JSON.object(head).bytes, JSON.object(body).bytes)
        let signed = Base64URL.encode(head64.span) + [UInt8(ascii: ".")] + Base64URL.encode(body64.span)
        let signature = try (signer ?? key).sign(algorithm: algorithm, message: signed.span)
        let text = signed + [UInt8(ascii: ".")] + Base64URL.encode(signature.span)
        return .assertion(String(decoding: text, as: UTF8.self), clientID: "chat")
    }
}

@Suite struct ClientCheckTests {
    @Test(arguments: [JWSAlgorithm.ps256, .rs256])
    func takesAnAssertionOnce(_ algorithm: JWSAlgorithm) throws {
        var client = try Client()
        let proof = try client.assertion(algorithm)
        try client.check.check(proof, now: Client.now)
        #expect(throws: ExchangeFault.repeatedClientAssertion) { try client.check.check(proof, now: Client.now + 1) }
        try client.check.check(client.assertion(algorithm, claims: ["jti": .string("two")]), now: Client.now)
    }

    @Test(
        arguments: [
            ["alg": .string("RS512")], ["alg": .string("none")], ["alg": nil], ["x5t#S256": .string("old-name")],
            ["x5t#S256": nil],
        ] as [[String: JSON?]])
    func refusesAnotherHeader(_ change: [String: JSON?]) throws {
        var client = try Client()
        let proof = try client.assertion(header: change)
        #expect(throws: ExchangeFault.badClientAssertion) { try client.check.check(proof, now: Client.now) }
    }

    @Test(
        arguments: [
            (["iss": .string("other")], ExchangeFault.badClientAssertion),
            (["sub": .string("other")], .badClientAssertion),
            (["sub": nil], .badClientAssertion), (["aud": .string("http://issuer")], .badClientAssertion),
            (["aud": .array([.string(Client.url), .string("http://other")])], .badClientAssertion),
            (["aud": nil], .badClientAssertion), (["jti": nil], .badClientAssertion),
            (["jti": .string("")], .badClientAssertion), (["exp": nil], .staleClientAssertion),
            (["exp": .integer(Client.now)], .staleClientAssertion),
            (["exp": .integer(Client.now + 3600)], .staleClientAssertion),
            (["nbf": .integer(Client.now + 120)], .staleClientAssertion),
        ] as [([String: JSON?], ExchangeFault)])
    func refusesOtherClaims(_ change: [String: JSON?], with fault: ExchangeFault) throws {
        var client = try Client()
        let proof = try client.assertion(claims: change)
        #expect(throws: fault) { try client.check.check(proof, now: Client.now) }
    }

    @Test func refusesAnotherKeyAndAnotherClient() throws {
        var client = try Client()
        let forged = try client.assertion(by: PrivateKey(generating: .rsa))
        #expect(throws: ExchangeFault.badClientAssertion) { try client.check.check(forged, now: Client.now) }
        guard case .assertion(let good, _) = try client.assertion() else { throw ExchangeFault.missingProof }
        let other = ClientProof.assertion(good, clientID: "other")
        #expect(throws: ExchangeFault.unknownClient) { try client.check.check(other, now: Client.now) }
        try client.check.check(.assertion(good, clientID: nil), now: Client.now)
    }

    @Test func withoutACertificateThereIsNoAssertion() throws {
        let proof = try Client().assertion()
        var check = ClientCheck(settings: ProviderSettings(), audience: Client.url)
        #expect(throws: ExchangeFault.badClientAssertion) { try check.check(proof, now: Client.now) }
    }
}

@Suite struct RegisteredCertificateTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpora/jose/published.json")

    /// The certificate of RFC 7517 appendix B, by the names that another library finds for it.
    @Test func isNamedByItsThumbprints() throws {
        let document = try JSON.parse([UInt8](Data(contentsOf: Self.file)).span)
        let section = document["keySets"]?.array?.first { $0["source"]?.string == "RFC 7517 B" }
        let der = try #require(section?["keys"]?.array?.first?["x5c"]?.array?.first?.string)
        let pem = "-----BEGIN CERTIFICATE-----\n\(der)\n-----END CERTIFICATE-----\n"
        let certificate = try RegisteredCertificate(pem: Array(pem.utf8))
        #expect(certificate.sha1 == "4pNenEBLv0JpLIdugWxQkOsZcK0")
        #expect(certificate.sha256 == "pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I")
        #expect(certificate.key.type == .rsa)
    }

    @Test func refusesWhatIsNoCertificate() {
        #expect(throws: KeyFault.notPEM) { try RegisteredCertificate(pem: Array("no certificate".utf8)) }
    }
}

@Suite struct ClientProofTests {
    private static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    private static let basic = ClientCredentials(id: "chat", secret: "s")

    @Test func findsTheOneMethod() throws {
        #expect(try ClientProof(["client_id": "chat", "client_secret": "s"], basic: nil) == .secret(Self.basic))
        #expect(try ClientProof(["client_id": "chat"], basic: Self.basic) == .secret(Self.basic))
        let form = ["client_assertion": "a", "client_assertion_type": Self.type, "client_id": "chat"]
        #expect(try ClientProof(form, basic: nil) == .assertion("a", clientID: "chat"))
    }

    @Test(
        arguments: [
            ([:], nil, ExchangeFault.missingProof), (["client_id": "chat"], nil, .missingProof),
            (["client_secret": "s"], basic, .severalProofs),
            (["client_assertion": "a", "client_assertion_type": type], basic, .severalProofs),
            (["client_assertion": "a", "client_assertion_type": type, "client_secret": "s"], nil, .severalProofs),
            (["client_assertion": "a"], nil, .badClientAssertion),
        ] as [([String: String], ClientCredentials?, ExchangeFault)])
    func refuses(_ form: [String: String], _ basic: ClientCredentials?, with fault: ExchangeFault) {
        #expect(throws: fault) { try ClientProof(form, basic: basic) }
    }
}
