import Bytes
import Testing

@testable import OpenSSL

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func published(_ text: String, _ digest: String) throws {
        let message = Array(text.utf8)
        #expect(SHA256.digest(message.span).bytes == hex(digest))
        #expect(try SHA256Hasher().digest(message.span).bytes == hex(digest))
    }

    @Test func oneHasherServesManyMessages() throws {
        let hasher = try SHA256Hasher()
        for length in [0, 1, 55, 56, 63, 64, 65, 1700, 100_000] {
            let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(hasher.digest(message.span) == SHA256.digest(message.span))
            #expect(message.withUnsafeBytes { hasher.digest($0) } == SHA256.digest(message.span))
        }
    }

    @Test func aFailureMatchesNothing() {
        #expect(Digest256.unmatched != Digest256.unmatched)
        #expect(Digest256.unmatched != Digest256())
    }
}

@Suite struct HMACSHA256Tests {
    /// RFC 4231 §4.2 to §4.4, §4.7, §4.8.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func published(_ key: String, _ message: String, _ code: String) throws {
        let mac = try HMACSHA256(key: Secret(copying: hex(key).span))
        for _ in 0..<3 { #expect(mac.authenticate(hex(message).span).bytes == hex(code)) }
        mac.begin()
        for byte in hex(message) { mac.add([byte].span) }
        #expect(mac.finish().bytes == hex(code))
    }

    @Test func partsAreNotInterchangeable() throws {
        let mac = try HMACSHA256(key: Secret("key"))
        let codes = [[[1, 2], [3]], [[1], [2, 3]], [[1, 2, 3]], [[1, 2, 3], []], [[], [1, 2, 3]]].map {
            mac.authenticate(parts: $0)
        }
        #expect(Set(codes).count == codes.count)
        mac.begin()
        mac.add([0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3].span)
        #expect(mac.finish() == codes[0])
    }

    @Test func anUnfinishedMessageIsForgotten() throws {
        let mac = try HMACSHA256(key: Secret("key"))
        let code = mac.authenticate([1, 2].span)
        mac.begin()
        mac.add([9].span)
        #expect(mac.authenticate([1, 2].span) == code)
    }

    @Test func anEmptyKeyIsAKeyToo() throws {
        // Known: HMAC_SHA256("", "").
        let mac = try HMACSHA256(key: Secret(""))
        let code = mac.authenticate(Span())
        #expect(code.bytes == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }
}

@Suite struct RandomBytesTests {
    @Test func fillsEverythingAndNeverRepeats() throws {
        let made = try (0..<100).map { _ in try RandomBytes.make(32) }
        #expect(Set(made).count == 100)
        #expect(made.allSatisfy { $0.count == 32 })
        #expect(try RandomBytes.make(0).isEmpty)
    }
}
