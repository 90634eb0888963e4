import Bytes
import JSON
import OpenSSL
import Registered
import Testing

@testable import OnBehalfOf

private func certified(_ text: String) throws -> CertifiedKey { try CertifiedKey(certificate: Secret(text)) }

@Suite struct ClientAssertionTests {
    /// The parts of a compact JWS, and whether `key` signed it.
    private func parts(of assertion: Secret, _ key: PrivateKey) throws -> (header: JSON, claims: JSON, isSigned: Bool) {
        let text = assertion.withSpan { span in span.indices.map { span[$0] } }
        let encoded = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
        try #require(encoded.count == 3)
        let decoded = try encoded.map { try #require(decode($0)) }
        let (header, claims) = (try parse(decoded[0]), try parse(decoded[1]))
        let algorithm = try #require(JWSAlgorithm(rawValue: header["alg"]?.string ?? ""))
        let (message, signature) = (encoded[0] + [UInt8(ascii: ".")] + encoded[1], decoded[2])
        let isSigned = try key.publicKey().verify(
            algorithm: algorithm, message: message.span, signature: signature.span)
        return (header, claims, isSigned)
    }

    private func parse(_ bytes: [UInt8]) throws -> JSON { try JSON.parse(bytes.span) }

    private func decode(_ text: [UInt8]) -> [UInt8]? { Base64URL.decode(text.span) }

    @Test(arguments: ClientAssertion.RSAForm.allCases) func namesItsCertificate(form: ClientAssertion.RSAForm) throws {
        let identity = try certified(Registered.certificate + Registered.key)
        let assertion = ClientAssertion(clientID: "client", identity: identity, form: form)
        let (header, _, isSigned) = try parts(
            of: assertion.make(audience: "https://id.test/token", now: 1_000), identity.key)
        #expect(isSigned)
        #expect(header.object?.members.map(\.name) == ["alg", "typ", form == .ps256 ? "x5t#S256" : "x5t"])
        #expect(header["alg"]?.string == form.rawValue && header["typ"]?.string == "JWT")
        let print = form == .ps256 ? Registered.thumbprint : Registered.oldThumbprint
        #expect(header[form == .ps256 ? "x5t#S256" : "x5t"]?.string == print)
    }

    @Test(arguments: ClientAssertion.RSAForm.allCases) func signsWithOtherKeys(form: ClientAssertion.RSAForm) throws {
        let identity = try certified(Registered.otherCertificate + Registered.otherKey)
        let assertion = ClientAssertion(clientID: "client", identity: identity, form: form)
        let (header, _, isSigned) = try parts(of: assertion.make(audience: "a", now: 0), identity.key)
        #expect(isSigned && header["alg"]?.string == "ES256" && header["x5t#S256"] != nil)
    }

    @Test func claimsWhatTheProviderChecks() throws {
        let identity = try certified(Registered.certificate + Registered.key)
        let assertion = ClientAssertion(clientID: "a \"client\"", identity: identity, form: .ps256)
        let claims = try parts(
            of: assertion.make(audience: "https://id.test/token", now: 1_700_000_000), identity.key
        ).claims
        #expect(claims["aud"]?.string == "https://id.test/token")
        #expect(claims["iss"]?.string == "a \"client\"" && claims["sub"]?.string == "a \"client\"")
        #expect(claims["iat"]?.integer == 1_700_000_000 && claims["nbf"]?.integer == 1_700_000_000)
        #expect(claims["exp"]?.integer == 1_700_000_240)
        #expect(claims["jti"]?.string?.utf8.count == 22)
    }

    @Test func isNeverTheSame() throws {
        let identity = try certified(Registered.certificate + Registered.key)
        let assertion = ClientAssertion(clientID: "client", identity: identity, form: .ps256)
        let ids = try (0..<20).map { _ in
            try parts(of: assertion.make(audience: "a", now: 5), identity.key).claims["jti"]?.string
        }
        #expect(Set(ids).count == 20)
    }

    @Test func endsWithTimeItself() throws {
        let identity = try certified(Registered.certificate + Registered.key)
        let assertion = ClientAssertion(clientID: "client", identity: identity, form: .ps256)
        let claims = try parts(of: assertion.make(audience: "a", now: .max), identity.key).claims
        #expect(claims["exp"]?.integer == .max)
    }
}
