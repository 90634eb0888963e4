import Bytes
import Testing

@testable import OnBehalfOf

/// Whoever answers chooses the answer's shape, so each reader has bounds of its own.
@Suite struct ReaderLimitTests {
    private let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    private let long = { "[" + Array(repeating: "1", count: $0).joined(separator: ",") + "]" }
    private let spaces = String(repeating: " ", count: 1 << 20)

    @Test func tokenEndpoint() {
        func reads(_ more: String, _ behind: String = "") -> Bool {
            read(#"{"token_type":"Bearer","access_token":"a","x":\#(more)}\#(behind)"#).token != nil
        }
        #expect(reads(deep(15)) && !reads(deep(16)))
        #expect(reads(long(9_000)) && !reads(long(10_000)))
        #expect(!reads("1", spaces))
    }

    /// What cannot be read says nothing, whatever it is about.
    @Test func error() {
        func error(_ more: String) -> String? {
            read(#"{"error":"invalid_grant","x":\#(more)}"#, status: 400).fault?.error
        }
        #expect(error(deep(15)) == "invalid_grant" && error(deep(16)) == nil)
        #expect(error(long(9_000)) == "invalid_grant" && error(long(10_000)) == nil)
    }

    @Test func claimsOfAnError() {
        func claims(_ more: String) -> String? {
            let text = #"{\"x\":\#(more)}"#
            return read(#"{"error":"interaction_required","claims":"\#(text)"}"#, status: 400).fault?.claims
        }
        #expect(claims(deep(15)) != nil && claims(deep(16)) == nil)
        #expect(claims(long(990)) != nil && claims(long(1_000)) == nil)
        #expect(claims("1" + String(repeating: " ", count: 8 << 10)) == nil)
    }

    @Test func managedIdentity() {
        func reads(_ more: String, _ behind: String = "") -> Bool {
            let text = #"{"access_token":"a","x":\#(more)}\#(behind)"#
            return ManagedIdentity.token(in: Array(text.utf8).span, wallClock: 0) != nil
        }
        #expect(reads(deep(15)) && !reads(deep(16)))
        #expect(reads(long(900)) && !reads(long(1_000)))
        #expect(!reads("1", spaces))
    }

    @Test func claimsChallenge() {
        func reads(_ more: String) -> Bool {
            let field = ByteBuffer()
            field.append("Bearer error=\"insufficient_claims\", claims=\"")
            field.appendBase64(Array(#"{"x":\#(more)}"#.utf8).span)
            field.append("\"")
            return ClaimsChallenge(field.bytes.span) != nil
        }
        #expect(reads(deep(7)) && !reads(deep(8)))
        #expect(reads(long(2_000)) && !reads(long(4_100)))
    }
}
