#if canImport(Glibc)
    import Glibc
#endif

/// A growable run of bytes with a read end and a write end, owned by one connection or one worker.
///
/// `consume` moves the read end, `append` the write end; offsets handed out by parsers count from the
/// read end and stay true until the next `consume`. Not Sendable: it never leaves its event loop.
/// `@safe`: the pointer is owned here, freed in `deinit` and handed out only inside closures.
@safe
package final class ByteBuffer {
    private var storage: UnsafeMutableRawPointer
    /// Bytes that fit before the storage must grow.
    package private(set) var capacity: Int
    private var start = 0
    private var end = 0

    /// - Parameter capacity: bytes reserved at once, at least 16.
    package init(capacity: Int = 1024) {
        self.capacity = max(capacity, 16)
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { unsafe storage.deallocate() }

    /// The number of readable bytes.
    @inline(__always) package var count: Int { end - start }
    /// Whether there is nothing to read.
    @inline(__always) package var isEmpty: Bool { end == start }
    /// Bytes that can be appended without moving or growing.
    package var room: Int { capacity - end }

    /// The readable bytes, valid for the closure.
    @inline(__always)
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        unsafe try body(UnsafeRawBufferPointer(start: storage + start, count: end - start))
    }

    /// The readable bytes as a span that cannot outlive the closure.
    @inline(__always)
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let view = unsafe UnsafeBufferPointer(
            start: (storage + start).assumingMemoryBound(to: UInt8.self), count: end - start)
        return try body(unsafe view.span)
    }

    /// A copy of the readable bytes.
    package var bytes: [UInt8] { unsafe withBytes { unsafe Array($0) } }

    /// Drops `n` readable bytes; all of them when `n` is larger.
    @inline(__always)
    package func consume(_ n: Int) {
        start += min(max(n, 0), count)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Forgets every byte, keeps the storage.
    package func removeAll() {
        start = 0
        end = 0
    }

    /// Offers at least `minimum` free bytes to `body`, which returns how many it filled.
    @discardableResult
    package func fill<E: Error>(
        atLeast minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        reserve(minimum)
        let free = unsafe UnsafeMutableRawBufferPointer(start: storage + end, count: capacity - end)
        let filled = unsafe try body(free)
        let taken = min(max(filled, 0), free.count)
        end += taken
        return taken
    }

    /// Makes room for `n` more bytes: moves the readable bytes to the front, or grows by doubling.
    package func reserve(_ n: Int) {
        guard capacity - end < n else { return }
        if start > 0 && capacity - count >= n && count <= capacity / 2 {
            unsafe _ = memmove(storage, storage + start, count)
        } else {
            var larger = capacity
            while larger - count < n { larger *= 2 }
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            unsafe memcpy(moved, storage + start, count)
            unsafe storage.deallocate()
            unsafe storage = moved
            capacity = larger
        }
        end = count
        start = 0
    }

    /// Appends raw bytes.
    @inline(__always)
    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        unsafe memcpy(storage + end, base, bytes.count)
        end += bytes.count
    }

    /// Appends a span's bytes.
    @inline(__always)
    package func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends an array's bytes.
    package func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends text known at compile time, without making a `String`.
    @inline(__always)
    package func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string's UTF-8.
    package func append(string text: String) {
        var text = text
        text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends one byte.
    @inline(__always)
    package func append(byte: UInt8) {
        reserve(1)
        unsafe storage.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end += 1
    }

    /// Appends a number in decimal digits.
    package func append(decimal value: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var position = 20
        var rest = value
        repeat {
            position -= 1
            digits[position] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(position..<20))
    }

    /// Appends a number in lower-case hexadecimal digits without leading zeros (RFC 9112 §7.1 chunk sizes).
    package func append(hexadecimal value: UInt64) {
        var shift = value == 0 ? 0 : (63 - value.leadingZeroBitCount) / 4 * 4
        while true {
            let digit = UInt8(truncatingIfNeeded: (value >> UInt64(shift)) & 15)
            append(byte: digit < 10 ? 48 + digit : 87 + digit)
            if shift == 0 { return }
            shift -= 4
        }
    }
}
