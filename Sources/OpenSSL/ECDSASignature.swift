internal import COpenSSL

/// The two spellings of an ECDSA signature: r‖s at fixed lengths in a JWS (RFC 7518 §3.4), DER in the library.
enum ECDSASignature {
    /// - Returns: nil unless `raw` has exactly twice the curve's coordinate length.
    static func der(fromRaw raw: Span<UInt8>, curve: EllipticCurve) -> [UInt8]? {
        let size = curve.coordinateSize
        guard raw.count == 2 &* size, let pair = unsafe ECDSA_SIG_new() else { return nil }
        defer { unsafe ECDSA_SIG_free(pair) }
        let (r, s) = unsafe (number(raw.extracting(0..<size)), number(raw.extracting(size..<(2 &* size))))
        guard let r = unsafe r, let s = unsafe s, unsafe ECDSA_SIG_set0(pair, r, s) == 1 else {
            unsafe BN_free(r)
            unsafe BN_free(s)
            return nil
        }
        let count = unsafe Int(i2d_ECDSA_SIG(pair, nil))
        guard count > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: count)
        let written = unsafe der.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe Int(i2d_ECDSA_SIG(pair, &cursor))
        }
        return written == count ? der : nil
    }

    /// - Returns: nil for bytes that are no DER signature or whose numbers are longer than the curve's.
    static func raw(fromDER der: [UInt8], curve: EllipticCurve) -> [UInt8]? {
        let pair = unsafe der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &cursor, buffer.count)
        }
        guard let pair = unsafe pair else { return nil }
        defer { unsafe ECDSA_SIG_free(pair) }
        let size = curve.coordinateSize
        var raw = [UInt8](repeating: 0, count: 2 &* size)
        let written = unsafe raw.withUnsafeMutableBufferPointer { buffer in
            unsafe BN_bn2binpad(ECDSA_SIG_get0_r(pair), buffer.baseAddress, Int32(size)) == Int32(size)
                && BN_bn2binpad(ECDSA_SIG_get0_s(pair), buffer.baseAddress?.advanced(by: size), Int32(size))
                    == Int32(size)
        }
        return written ? raw : nil
    }

    /// A number for `ECDSA_SIG_set0`, which takes ownership of it.
    private static func number(_ bytes: Span<UInt8>) -> OpaquePointer? {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe BN_bin2bn(
                raw.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(truncatingIfNeeded: raw.count), nil)
        }
    }
}
