internal import COpenSSL

/// A whole number of any size. `@safe`: owns its `BIGNUM`, frees it in `deinit`, lends it inside this target only.
@safe
struct BigNumber: ~Copyable {
    let pointer: OpaquePointer

    /// - Parameter adopting: freed here from now on.
    init(adopting pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// - Parameter bytes: unsigned, most significant first.
    init?(_ bytes: Span<UInt8>) {
        guard let count = Int32(exactly: bytes.count) else { return nil }
        let made = unsafe bytes.withUnsafeBytes { raw in
            unsafe BN_bin2bn(raw.baseAddress?.assumingMemoryBound(to: UInt8.self), count, nil)
        }
        guard let made = unsafe made else { return nil }
        unsafe pointer = made
    }

    deinit { unsafe BN_free(pointer) }

    /// Significant bits; a leading zero byte does not count.
    var bitCount: Int { Int(unsafe BN_num_bits(pointer)) }

    var isOdd: Bool { unsafe BN_is_odd(pointer) == 1 }

    /// The bytes without leading zeros, most significant first.
    var bytes: [UInt8] { bytes(size: (bitCount &+ 7) / 8) ?? [] }

    /// Exactly `size` bytes, zeros in front; nil when the number is larger.
    func bytes(size: Int) -> [UInt8]? {
        guard let count = Int32(exactly: size) else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        let written = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe BN_bn2binpad(pointer, $0.baseAddress, count)
        }
        return written == count ? bytes : nil
    }
}
