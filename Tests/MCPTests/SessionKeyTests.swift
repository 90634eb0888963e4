import Bytes
import OpenSSL
import Testing

@testable import MCP

/// One key for one test, which is one thread.
private final class Keyed: @unchecked Sendable {
    private let hmac: HMACSHA256

    init(_ hmac: HMACSHA256) { self.hmac = hmac }

    func authenticate(_ bytes: Span<UInt8>) -> Digest256 { hmac.authenticate(bytes) }
}

extension SessionKey {
    // `#expect` takes no spans.
    fileprivate func sign(_ id: String, _ owner: Owner) -> [UInt8]? { sign(id.utf8.span, for: owner) }

    fileprivate func verify(_ signed: some Sequence<UInt8>, _ owner: Owner) -> Int? {
        verify(Array(signed).span, for: owner)
    }
}

@Suite struct SessionKeyTests {
    let alice = SessionKey.Owner(server: "tickets", issuer: "https://idp.test", subject: "alice")

    func key(_ secret: String = "0123456789abcdef0123456789abcdef") throws -> SessionKey {
        let keyed = Keyed(try HMACSHA256(key: Secret(secret)))
        return SessionKey { keyed.authenticate($0) }
    }

    @Test(arguments: ["s", "0f8fad5b-d9cb-469f-a165-70867728950e", "a~b~c", "~", String(repeating: "x", count: 8192)])
    func verifiesItsOwn(_ id: String) throws {
        let signed = try #require(try key().sign(id, alice))
        #expect(signed.count == id.utf8.count + 23)
        #expect(Array(signed.prefix(id.utf8.count)) == Array(id.utf8))
        // Another instance with the same key, as after a restart or on another replica.
        #expect(try key().verify(signed, alice) == id.utf8.count)
    }

    /// The value is part of the contract between replicas of different versions.
    @Test func isTheKnownHMAC() throws {
        let hmac = try HMACSHA256(key: Secret("0123456789abcdef0123456789abcdef"))
        let parts = ["session", "tickets", "https://idp.test", "alice", "sid"].map { Array($0.utf8) }
        let mac = Base64URL.encode(Array(hmac.authenticate(parts: parts).bytes[0..<16]).span)
        #expect(try key().sign("sid", alice) == Array("sid~".utf8) + mac)
    }

    @Test func refusesEveryoneElse() throws {
        let signed = try #require(try key().sign("sid", alice))
        var others = [alice, alice, alice]
        others[0].server = "ticket"
        others[1].issuer = "https://idp.test/"
        others[2].subject = "alicf"
        for other in others { #expect(try key().verify(signed, other) == nil) }
        let shifted = SessionKey.Owner(server: "tickets", issuer: "https://idp.testa", subject: "lice")
        #expect(try key().verify(signed, shifted) == nil)
        #expect(try key("fedcba9876543210fedcba9876543210").verify(signed, alice) == nil)
    }

    @Test func refusesEveryChange() throws {
        let signed = try #require(try key().sign("sid", alice))
        let verifier = try key()
        for place in signed.indices {
            for bit in 0..<8 {
                var forged = signed
                forged[place] ^= 1 << UInt8(bit)
                #expect(verifier.verify(forged, alice) == nil)
            }
            #expect(verifier.verify(signed[..<place], alice) == nil)
            #expect(verifier.verify(signed[place...].dropFirst(), alice) == nil)
        }
        #expect(verifier.verify((signed + [0x41]), alice) == nil)
    }

    @Test(arguments: ["", "a b", "a\r\nb", "é", "a\u{7f}", String(repeating: "x", count: 8193)])
    func signsOnlyWhatIsAnID(_ id: String) throws { #expect(try key().sign(id, alice) == nil) }
}
