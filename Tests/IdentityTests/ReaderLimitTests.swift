import Bytes
import JSON
import Testing

@testable import Identity

/// Whoever sends a token or publishes a document chooses its shape, so each reader has bounds of its own.
@Suite struct ReaderLimitTests {
    private static let claims = #""iss":"https://id.example.test","aud":"proxy","sub":"ann","exp":1800000600"#

    private func reads(header: String = #"{"alg":"ES256"}"#, payload: String = "{\(claims)}") -> Bool {
        let parts = [header, payload].map { Base64URL.encode(Array($0.utf8).span) }
        let token = parts[0] + [0x2E] + parts[1] + Array(".c2ln".utf8)
        return (try? UnverifiedToken.inspect(token: token.span, policy: Issuer.policy(), now: Issuer.now)) != nil
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    private func list(_ count: Int) -> String { "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]" }

    @Test func tokenHeader() {
        #expect(reads(header: #"{"alg":"ES256","x":\#(nested(7))}"#))
        #expect(!reads(header: #"{"alg":"ES256","x":\#(nested(8))}"#))
        #expect(reads(header: #"{"alg":"ES256","x":\#(list(253))}"#))
        #expect(!reads(header: #"{"alg":"ES256","x":\#(list(254))}"#))
        #expect(!reads(header: #"{"alg":"ES256"}"# + String(repeating: " ", count: 8 << 10)))
    }

    @Test func tokenClaims() {
        #expect(reads(payload: #"{\#(Self.claims),"x":\#(nested(15))}"#))
        #expect(!reads(payload: #"{\#(Self.claims),"x":\#(nested(16))}"#))
        #expect(reads(payload: #"{\#(Self.claims),"x":\#(list(4090))}"#))
        #expect(!reads(payload: #"{\#(Self.claims),"x":\#(list(4091))}"#))
        #expect(!reads(payload: "{\(Self.claims)}" + String(repeating: " ", count: 32 << 10)))
    }

    @Test func keySet() throws {
        let key = String(decoding: try Issuer().jwk().bytes, as: UTF8.self)
        func reads(_ more: String, _ behind: String = "") -> Bool {
            (try? KeySet.read(text: #"{"keys":[\#(key)],"x":\#(more)}\#(behind)"#)) != nil
        }
        #expect(reads(nested(7)) && !reads(nested(8)))
        #expect(reads(list(15_000)) && !reads(list(20_000)))
        #expect(!reads("1", String(repeating: " ", count: 1 << 20)))
    }

    @Test func discovery() {
        func reads(_ more: String, _ behind: String = "") -> Bool {
            let text = #"{"issuer":"https://a.test","jwks_uri":"https://a.test/keys","x":\#(more)}\#(behind)"#
            return (try? Discovery.parse(Array(text.utf8).span, issuer: "https://a.test")) != nil
        }
        #expect(reads(nested(15)) && !reads(nested(16)))
        #expect(reads(list(15_000)) && !reads(list(20_000)))
        #expect(!reads("1", String(repeating: " ", count: 1 << 20)))
    }
}
