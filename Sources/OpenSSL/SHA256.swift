package import Bytes
internal import COpenSSL

/// SHA-256 (FIPS 180-4) of one run of bytes, for cold paths.
package enum SHA256 {
    /// Total by the rule of `SHA256Hasher.digest`: a library that cannot hash yields a value nobody else has.
    package static func digest(_ bytes: Span<UInt8>) -> Digest256 {
        guard let hasher = try? SHA256Hasher() else { return .unmatched }
        return hasher.digest(bytes)
    }
}

/// SHA-256 with everything allocated once: the hot path's one hash per request. Not Sendable; one per event loop.
///
/// `@safe`: owns its context and algorithm, frees both in `deinit`, hands out neither.
@safe
package final class SHA256Hasher {
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    /// - Throws: `CryptoFault.algorithmUnavailable`.
    package init() throws(CryptoFault) {
        ErrorQueue.clear()
        guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
            _ = ErrorQueue.drain()
            throw .algorithmUnavailable
        }
        guard let context = unsafe EVP_MD_CTX_new() else {
            unsafe EVP_MD_free(algorithm)
            throw .algorithmUnavailable
        }
        unsafe (self.algorithm, self.context) = (algorithm, context)
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
        unsafe EVP_MD_free(algorithm)
    }

    /// The digest of `bytes`.
    ///
    /// Should the library ever fail, the result is random: it matches no entry, so that the worst is a cache
    /// miss, never another user's token.
    @inline(__always)
    package func digest(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        var result = Digest256()
        let done = unsafe withUnsafeMutableBytes(of: &result.words) { out in
            unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1
                && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
                && EVP_DigestFinal_ex(context, out.baseAddress, nil) == 1
        }
        return done ? result : .unmatched
    }

    /// The digest of a span, by the same rule.
    @inline(__always)
    package func digest(_ bytes: Span<UInt8>) -> Digest256 {
        unsafe bytes.withUnsafeBytes { unsafe digest($0) }
    }
}

extension Digest256 {
    /// Random words from the kernel, for when the library cannot compute: equal to no digest of anything.
    @inline(never)
    static var unmatched: Digest256 {
        var random = SystemRandomNumberGenerator()
        _ = ErrorQueue.drain()
        return Digest256(words: (random.next(), random.next(), random.next(), random.next()))
    }
}
