#if canImport(Glibc)
    import Glibc
#endif

/// Bytes that must never be printed: a token, a client secret, a key. Every description is redacted,
/// and the bytes are wiped when the last owner lets go.
///
/// Shared by reference, so that a cached token is never copied. `@unchecked Sendable`: the bytes are
/// written once in `init` and only read until `deinit`. `@safe`: the storage is owned here, freed in `deinit`, and
/// lent inside a closure only.
@safe
package final class Secret: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let storage: UnsafeMutableRawPointer
    /// The number of bytes.
    package let count: Int

    /// Copies `bytes`; wiping the source is the caller's business.
    package init(copying bytes: Span<UInt8>) {
        count = bytes.count
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        unsafe bytes.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(start: storage, count: $0.count).copyMemory(from: $0)
        }
    }

    /// Copies a string's UTF-8.
    package convenience init(_ text: String) {
        self.init(copying: Array(text.utf8).span)
    }

    deinit {
        unsafe explicit_bzero(storage, count)
        unsafe storage.deallocate()
    }

    /// Whether there are no bytes.
    package var isEmpty: Bool { count == 0 }

    /// Lends the bytes to `body`, which must not keep or print them.
    @inline(__always)
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        unsafe try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// Lends the bytes as a span.
    @inline(__always)
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(unsafe UnsafeBufferPointer(start: storage.assumingMemoryBound(to: UInt8.self), count: count).span)
    }

    /// Compares in constant time.
    package func equals(_ other: Span<UInt8>) -> Bool {
        withSpan { equalInConstantTime($0, other) }
    }

    /// A fixed text, never the bytes.
    package var description: String { "[redacted]" }
    /// A fixed text, never the bytes.
    package var debugDescription: String { "[redacted]" }
    /// No children, so that `dump` shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Compares without revealing by its duration where the first difference is. The lengths are not hidden.
package func equalInConstantTime(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for i in a.indices { difference |= a[i] ^ b[i] }
    return difference == 0
}
