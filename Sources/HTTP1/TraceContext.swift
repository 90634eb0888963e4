package import Bytes

/// Whose trace a request belongs to (W3C Trace Context, section 3.2). The trace goes on through us: the same trace id,
/// the same flags, and a span of our own as the parent of what comes behind.
package struct TraceContext: Sendable, Equatable {
    /// 16 bytes, not all zero.
    private let trace: (high: UInt64, low: UInt64)
    private let flags: UInt8

    package static func == (a: TraceContext, b: TraceContext) -> Bool { a.trace == b.trace && a.flags == b.flags }

    /// Reads `traceparent`, of this version or one to come.
    /// - Returns: nil for what is none; then the trace begins anew behind us.
    package init?(_ field: Span<UInt8>) {
        guard field.count >= 55, field[2] == Self.dash, field[35] == Self.dash, field[52] == Self.dash,
            let version = Self.hexadecimal(field, 0..<2), version != 0xFF,
            field.count == 55 || (version > 0 && field[55] == Self.dash),
            let high = Self.hexadecimal(field, 3..<19), let low = Self.hexadecimal(field, 19..<35), high | low != 0,
            let parent = Self.hexadecimal(field, 36..<52), parent != 0,
            let flags = Self.hexadecimal(field, 53..<55)
        else { return nil }
        trace = (high, low)
        self.flags = UInt8(truncatingIfNeeded: flags)
    }

    /// Appends the 32 digits of the trace id.
    package func appendTraceID(to buffer: ByteBuffer) {
        Self.append(trace.high, to: buffer)
        Self.append(trace.low, to: buffer)
    }

    /// Appends the 16 digits of a span id.
    package static func appendSpanID(_ span: UInt64, to buffer: ByteBuffer) { append(span, to: buffer) }

    /// Appends the field's value for what comes behind us, in the version we know.
    /// - Parameter span: our own, not 0.
    package func append(span: UInt64, to buffer: ByteBuffer) {
        buffer.append("00-" as StaticString)
        appendTraceID(to: buffer)
        buffer.append(byte: Self.dash)
        Self.append(span, to: buffer)
        buffer.append(byte: Self.dash)
        Self.append(UInt64(flags), digits: 2, to: buffer)
    }

    private static let dash = UInt8(ascii: "-")

    /// Lower case only: the other is no `traceparent`.
    private static func hexadecimal(_ field: Span<UInt8>, _ place: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for i in place {
            switch field[i] {
            case 0x30...0x39: value = value << 4 | UInt64(field[i] &- 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(field[i] &- 0x57)
            default: return nil
            }
        }
        return value
    }

    private static func append(_ value: UInt64, digits: UInt64 = 16, to buffer: ByteBuffer) {
        for i in 1...digits {
            let digit = UInt8(truncatingIfNeeded: value >> (4 &* (digits &- i)) & 15)
            buffer.append(byte: digit < 10 ? digit &+ 0x30 : digit &+ 0x57)
        }
    }
}
