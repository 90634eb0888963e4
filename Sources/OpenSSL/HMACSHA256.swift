package import Bytes
internal import COpenSSL

/// HMAC-SHA-256 (RFC 2104) keyed once and used many times. Not Sendable; one per event loop.
///
/// `@safe`: owns its context, frees it in `deinit`, never hands it out.
@safe
package final class HMACSHA256 {
    private let context: OpaquePointer
    private var healthy = true

    /// - Parameter key: any length; keep it at 32 bytes or more.
    /// - Throws: `CryptoFault.algorithmUnavailable`.
    package init(key: Secret) throws(CryptoFault) {
        ErrorQueue.clear()
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            _ = ErrorQueue.drain()
            throw .algorithmUnavailable
        }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw .algorithmUnavailable }
        unsafe self.context = context
        guard unsafe Self.setKey(key, of: context) else {
            _ = ErrorQueue.drain()
            throw .algorithmUnavailable
        }
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    private static func setKey(_ key: Secret, of context: OpaquePointer) -> Bool {
        let (name, value): (StaticString, StaticString) = ("digest", "SHA256")
        // The library only reads the value.
        let hash = unsafe UnsafeMutablePointer(mutating: value.characters)
        let parameters = unsafe [
            OSSL_PARAM_construct_utf8_string(name.characters, hash, value.utf8CodeUnitCount),
            OSSL_PARAM_construct_end(),
        ]
        return unsafe key.withBytes { key in
            // An empty key must still be a pointer: null means "keep the old key".
            let start = unsafe key.baseAddress ?? UnsafeRawPointer(value.utf8Start)
            return unsafe EVP_MAC_init(context, start.assumingMemoryBound(to: UInt8.self), key.count, parameters) == 1
        }
    }

    /// The code of one message. By the rule of `SHA256Hasher.digest` a failure yields a value that verifies nothing.
    package func authenticate(_ message: Span<UInt8>) -> Digest256 {
        begin()
        add(message)
        return finish()
    }

    /// The code over all parts, each preceded by its length as four big-endian bytes, so that no two different
    /// lists of parts give the same message.
    package func authenticate(parts: [[UInt8]]) -> Digest256 {
        begin()
        for part in parts { addPart(part.span) }
        return finish()
    }

    /// Starts a message with the same key; whatever was added and not finished is forgotten.
    package func begin() {
        healthy = unsafe EVP_MAC_init(context, nil, 0, nil) == 1
    }

    /// Adds bytes as they are.
    package func add(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            guard let start = raw.baseAddress, raw.count > 0 else { return }
            let pointer = unsafe start.assumingMemoryBound(to: UInt8.self)
            let added = unsafe EVP_MAC_update(context, pointer, raw.count) == 1
            healthy = healthy && added
        }
    }

    /// Adds a part and before it its length as four big-endian bytes.
    package func addPart(_ bytes: Span<UInt8>) {
        let count = UInt32(truncatingIfNeeded: bytes.count)
        let prefix: InlineArray<4, UInt8> = [
            UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16),
            UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count),
        ]
        add(prefix.span)
        add(bytes)
    }

    /// The code of what was added since `begin`.
    package func finish() -> Digest256 {
        var result = Digest256()
        var length = 0
        let done = unsafe withUnsafeMutableBytes(of: &result.words) { out in
            let start = unsafe out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe EVP_MAC_final(context, start, &length, out.count) == 1
        }
        return done && healthy && length == 32 ? result : .unmatched
    }
}
