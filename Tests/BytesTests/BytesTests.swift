import Testing

@testable import Bytes

@Suite struct ByteBufferTests {
    @Test func consumesAndGrowsWithoutLosingBytes() {
        let buffer = ByteBuffer(capacity: 16)
        for i in 0..<1000 { buffer.append(byte: UInt8(truncatingIfNeeded: i)) }
        buffer.consume(900)
        buffer.append("tail" as StaticString)
        #expect(buffer.count == 104)
        #expect(buffer.withSpan { $0[0] } == UInt8(truncatingIfNeeded: 900))
        #expect(buffer.withSpan { $0[103] } == UInt8(ascii: "l"))
    }

    @Test(arguments: [(0, "0"), (9, "9"), (10, "a"), (255, "ff"), (256, "100"), (UInt64.max, "ffffffffffffffff")])
    func hexadecimal(_ value: UInt64, _ text: String) {
        let buffer = ByteBuffer()
        buffer.append(hexadecimal: value)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [0, 7, 10, 1234567890, UInt64.max])
    func decimal(_ value: UInt64) {
        let buffer = ByteBuffer()
        buffer.append(decimal: value)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == String(value))
    }
}

@Suite struct SecretTests {
    @Test func neverPrints() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("hunter2"))
        }
    }
}

@Suite struct Base64URLTests {
    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{ff}\u{fe}"])
    func roundTrip(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(Base64URL.decode(Base64URL.encode(bytes.span).span) == bytes)
    }

    @Test(arguments: ["Zg==", "Zh", "Z", "Zm9v Zg", "Zm+v", "Zm/v"])
    func refusesWhatIsNotCanonical(_ text: String) {
        #expect(Base64URL.decode(Array(text.utf8).span) == nil)
    }
}

/// RFC 4648 §10, and both characters that the other alphabet has differently.
@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("~~?\u{fe}", "fn4/w74="), (">>>", "Pj4+"),
    ])
    func isStandardAndPadded(_ text: String, _ encoded: String) {
        let buffer = ByteBuffer()
        buffer.appendBase64(text.utf8.span)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == encoded)
    }
}
