internal import COpenSSL

/// The library's cryptographic random generator.
package enum RandomBytes {
    /// Overwrites all of `bytes`.
    /// - Throws: `CryptoFault.noRandomness`; the bytes must not be used then.
    package static func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(CryptoFault) {
        guard bytes.count > 0 else { return }
        guard let count = Int32(exactly: bytes.count) else { throw .noRandomness }
        ErrorQueue.clear()
        guard unsafe RAND_bytes(bytes.baseAddress, count) == 1 else {
            _ = ErrorQueue.drain()
            throw .noRandomness
        }
    }

    /// - Returns: `count` random bytes.
    /// - Throws: `CryptoFault.noRandomness`.
    package static func make(_ count: Int) throws(CryptoFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, 0))
        let result: Result<Void, CryptoFault> = unsafe bytes.withUnsafeMutableBytes { raw in
            do throws(CryptoFault) { return .success(unsafe try fill(raw)) } catch { return .failure(error) }
        }
        try result.get()
        return bytes
    }
}
