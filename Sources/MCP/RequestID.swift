package import Bytes

/// One request's name in logs and answers: sixteen consonants, so that no id holds a digit or a word that a chat
/// client would take for an error of another kind.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 64 random bits, four a letter.
    package let bits: UInt64

    private static let letters: InlineArray<16, UInt8> = [
        0x62, 0x63, 0x64, 0x66, 0x67, 0x68, 0x6a, 0x6b, 0x6d, 0x6e, 0x70, 0x72, 0x73, 0x74, 0x76, 0x78,
    ]

    /// - Parameter bits: random.
    package init(bits: UInt64) { self.bits = bits }

    /// Appends the sixteen letters.
    package func append(to buffer: ByteBuffer) {
        var text = InlineArray<16, UInt8>(repeating: 0)
        for i in 0..<16 { text[i] = Self.letters[Int(bits >> UInt64(60 &- 4 &* i) & 15)] }
        buffer.append(text.span)
    }

    /// The sixteen letters.
    package var description: String {
        let buffer = ByteBuffer(capacity: 16)
        append(to: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
