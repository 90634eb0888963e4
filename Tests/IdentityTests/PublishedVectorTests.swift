import Bytes
import JSON
import OpenSSL
import Testing

@testable import Identity

@Suite struct PublishedVectorTests {
    @Test func areAllThere() {
        #expect(PublishedVectors.signatures.count == 9)
        #expect(PublishedVectors.refused.count == 4)
        #expect(PublishedVectors.keySets.count == 10)
    }

    // MARK: Signatures

    @Test(arguments: PublishedVectors.signatures)
    func isVerifiedWithTheKeyItsHeaderNames(_ vector: PublishedToken) throws {
        #expect(try verifies(vector, KeySet.read([vector.publicKey()])))
    }

    /// Two authors use one `kid` for keys of two types, and must not be mixed up.
    @Test(arguments: PublishedVectors.signatures)
    func isVerifiedAmongAllKeysIfItNamesOne(_ vector: PublishedToken) throws {
        let all = try KeySet.read(PublishedVectors.signatures.map { try $0.publicKey() })
        guard try vector.header().keyID != nil else { return }
        #expect(try verifies(vector, all))
    }

    private func verifies(_ vector: PublishedToken, _ keys: KeySet) throws -> Bool {
        let header = try vector.header()
        let algorithm = try #require(JWSAlgorithm(rawValue: header.algorithm))
        #expect(algorithm.rawValue == vector.algorithm)
        let candidates = keys.candidates(keyID: header.keyID, algorithm: algorithm, issuer: "joe")
        let (signed, signature) = (vector.signed, vector.signature)
        return candidates.contains {
            $0.verify(algorithm: algorithm, message: signed.span, signature: signature.span)
        }
    }

    @Test(arguments: PublishedVectors.signatures)
    func aKeyIsPassedOverOnceItsPrivatePartIsPublished(_ vector: PublishedToken) throws {
        #expect(throws: KeySetFault.noUsableKey) { try KeySet.read([#require(vector.key)]) }
    }

    /// All are good signatures and none is a user token: no audience, or no claims at all.
    @Test(arguments: PublishedVectors.signatures)
    func isNoUserToken(_ vector: PublishedToken) throws {
        let keys = try KeySet.read([vector.publicKey()])
        let policy = Issuer.policy(issuers: ["joe", "hobbiton.example"])
        #expect(throws: vector.hasClaims ? TokenFault.wrongAudience : .malformedToken) {
            try accept(vector.token, keys, policy: policy, now: 1_300_819_379)
        }
    }

    // MARK: What is refused

    @Test(arguments: PublishedVectors.refused)
    func hasNoAlgorithmOfOurs(_ vector: PublishedToken) throws {
        #expect(try vector.header().algorithm == vector.algorithm)
        #expect(JWSAlgorithm(rawValue: vector.algorithm) == nil)
        #expect(throws: TokenFault.self) {
            try UnverifiedToken.inspect(token: vector.token.span, policy: Issuer.policy(issuers: ["joe"]), now: 0)
        }
        if let key = vector.key { #expect(throws: KeySetFault.noUsableKey) { try KeySet.read([key]) } }
    }

    /// The header alone is enough to be refused, however good the claims are.
    @Test(arguments: PublishedVectors.refused)
    func itsHeaderSpoilsGoodClaims(_ vector: PublishedToken) throws {
        let issuer = try Issuer()
        let good = try issuer.token().split(separator: UInt8(ascii: "."))
        let signed = vector.parts[0] + [UInt8(ascii: ".")] + good[1] + [UInt8(ascii: ".")]
        #expect(throws: TokenFault.invalidSignature) { try accept(signed + good[2], issuer.keys()) }
        #expect(throws: TokenFault.malformedToken) { try accept(signed, issuer.keys()) }
    }

    /// RFC 7520 §4.8: several signatures over one payload are no compact form.
    @Test func jsonSerializationIsNoToken() throws {
        let general = try #require(PublishedVectors.document["general"])
        let (keys, text) = (general["keys"]?.array ?? [], try #require(general["document"]).bytes)
        #expect(keys.count == 3)
        #expect(throws: TokenFault.malformedToken) {
            try UnverifiedToken.inspect(token: text.span, policy: Issuer.policy(), now: 0)
        }
    }

    // MARK: Keys

    @Test(arguments: PublishedVectors.keySets)
    func takesTheKeysThatCheckSignatures(_ vector: PublishedKeys) throws {
        #expect((try? KeySet.read(vector.keys).count) ?? 0 == vector.usable.count)
        for (index, key) in vector.keys.enumerated() {
            #expect((try? KeySet.read([key]).count) ?? 0 == (vector.usable.contains(Int64(index)) ? 1 : 0))
        }
    }

    /// RFC 7518 §6.2.1.2: a coordinate has its full length. The one of RFC 7520 §3.1 begins with a zero byte, which
    /// must not be left out, nor may another be put before it.
    @Test func aCoordinateKeepsItsLeadingZero() throws {
        let published = try #require(PublishedVectors.keySets.first { $0.source == "RFC 7520 3.1 and 3.3" })
        var key = try #require(published.keys[0].object)
        let text = Array((key["x"]?.string ?? "").utf8)
        let x = Base64URL.decode(text.span) ?? []
        #expect(x.count == 66 && x[0] == 0)
        for changed in [Array(x.dropFirst()), [0] + x] {
            key["x"] = .string(String(decoding: Base64URL.encode(changed.span), as: UTF8.self))
            #expect(throws: KeySetFault.noUsableKey) { try KeySet.read([.object(key)]) }
        }
    }
}
