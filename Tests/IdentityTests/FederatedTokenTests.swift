import Bytes
import JSON
import Testing

@testable import Identity

@Suite struct FederatedTokenTests {
    private func token(_ payload: String) -> String {
        [#"{"alg":"RS256"}"#, payload, "signature"].map { part in
            let bytes = Array(part.utf8)
            return String(decoding: Base64URL.encode(bytes.span), as: UTF8.self)
        }.joined(separator: ".")
    }

    private func read(_ text: String) throws(FederatedToken.Fault) -> [UInt8] {
        let bytes = Array(text.utf8)
        let token = try FederatedToken.read(bytes.span, now: 1_000)
        return token.withSpan { span in span.indices.map { span[$0] } }
    }

    @Test(arguments: ["", "\n", "\r\n", "  \n\n\t"]) func isTrimmed(blank: String) throws {
        let token = token(#"{"exp":1001}"#)
        #expect(try read(blank + token + blank) == Array(token.utf8))
    }

    @Test func ends() {
        #expect(throws: FederatedToken.Fault.expired(seconds: 0)) { try read(token(#"{"exp":1000}"#)) }
        #expect(throws: FederatedToken.Fault.expired(seconds: 400)) { try read(token(#"{"exp":600.9}"#)) }
    }

    @Test func isAJWTWithAnEnd() {
        for text in [
            "", "\n", "words", "a.b.c", token("{}"), token(#"{"exp":"1001"}"#), token(#"{"exp":1001}"#) + " x",
        ] {
            #expect(throws: FederatedToken.Fault.noToken) { try read(text) }
        }
    }
}
