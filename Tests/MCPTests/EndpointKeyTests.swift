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

@Suite struct EndpointKeyTests {
    let alice = SessionKey.Owner(server: "tickets", issuer: "https://idp.test", subject: "alice")

    private func key(_ secret: String = "0123456789abcdef0123456789abcdef") throws -> SessionKey {
        let keyed = Keyed(try HMACSHA256(key: Secret(secret)))
        return SessionKey { keyed.authenticate($0) }
    }

    private func announce(_ target: String, _ owner: SessionKey.Owner? = nil) throws -> String {
        String(decoding: try key().announce(Array(target.utf8), for: owner ?? alice), as: UTF8.self)
    }

    /// What a POST to that URL is taken for.
    private func posted(_ url: String, _ owner: SessionKey.Owner? = nil, _ key: SessionKey? = nil) throws -> String? {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map { Array($0.utf8) }
        let (path, query) = (parts[0], parts.count > 1 ? parts[1] : [])
        let found = try (key ?? self.key()).target(path: path.span, query: query.span, for: owner ?? alice)
        return found.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        "/m", "/m?", "/m?s=1", "/m?&", "/m?s=1&", "/m?obo=1", "/m?obo=AAAAAAAAAAAAAAAAAAAAAA", "/m?a?b", "/", "//m",
        "/m?x=%26obo=", "/obo=1",
    ])
    func comesBack(_ target: String) throws {
        let url = try announce(target)
        #expect(url.hasPrefix(target) && url.utf8.count == target.utf8.count + 27)
        #expect(try posted(url) == target)
        // Once more, as for a server that announces what it was told.
        #expect(try posted(try announce(url)) == url)
    }

    /// The value is part of the contract between replicas of different versions.
    @Test func isTheKnownHMAC() throws {
        let hmac = try HMACSHA256(key: Secret("0123456789abcdef0123456789abcdef"))
        let parts = ["endpoint", "tickets", "https://idp.test", "alice", "/m?s=1"].map { Array($0.utf8) }
        let mac = String(
            decoding: Base64URL.encode(Array(hmac.authenticate(parts: parts).bytes[0..<16]).span), as: UTF8.self)
        #expect(try announce("/m?s=1") == "/m?s=1&obo=\(mac)")
        #expect(try announce("/m").hasPrefix("/m?obo="))
    }

    @Test func refusesEveryoneElse() throws {
        let url = try announce("/m?s=1")
        var others = [alice, alice, alice]
        others[0].server = "ticket"
        others[1].issuer = "https://idp.test/"
        others[2].subject = "bob"
        for other in others { #expect(try posted(url, other) == nil) }
        #expect(try posted(url, alice, key("fedcba9876543210fedcba9876543210")) == nil)
    }

    @Test func refusesEveryChange() throws {
        let url = try announce("/m?s=1")
        for place in url.utf8.indices.map({ url.utf8.distance(from: url.utf8.startIndex, to: $0) }) {
            for bit in 0..<7 {
                var forged = Array(url.utf8)
                forged[place] ^= 1 << UInt8(bit)
                #expect(try posted(String(decoding: forged, as: UTF8.self)) == nil)
            }
            #expect(try posted(String(url.prefix(place))) == nil)
        }
        let proof = url.suffix(27)
        for forged in [
            "/m?s=1", "/m", "/m?\(proof.dropFirst())", "/m?s=1&obo=", "\(url)\(proof)", "\(url)&x=1",
            "/m?s=1&x=1\(proof)",
            "/m?s=1;\(proof.dropFirst())", "/m?s=1&OBO=\(proof.dropFirst(5))", "/n?s=1\(proof)", "\(url)A",
        ] {
            #expect(try posted(forged) == nil, "\(forged)")
        }
    }

    /// A session's proof is none for an endpoint.
    @Test func isForItsPurposeOnly() throws {
        let session = try #require(try key().sign(Array("/m".utf8).span, for: alice))
        let proof = String(decoding: session.suffix(22), as: UTF8.self)
        #expect(try posted("/m?obo=\(proof)") == nil)
    }
}
