/// A SHA-256 value or a key of the same size: 32 bytes held in four words, so that it is a cheap
/// dictionary key. Hashing feeds the first word only: the bytes are a cryptographic digest already.
package struct Digest256: Hashable, Sendable {
    /// The bytes in order, eight a word, in the machine's byte order.
    package var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter words: 32 bytes in memory order.
    @inline(__always)
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// All zero.
    package init() { words = (0, 0, 0, 0) }

    @inline(__always)
    package static func == (a: Digest256, b: Digest256) -> Bool {
        (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3) == 0
    }

    @inline(__always)
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// The 32 bytes in order.
    package var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: words) { unsafe Array($0) }
    }
}
