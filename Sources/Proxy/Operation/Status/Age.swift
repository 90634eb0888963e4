internal import Bytes

/// A span of time as people say it: the two largest units.
struct Age: CustomStringConvertible {
    let seconds: Int

    init(_ seconds: Int) { self.seconds = max(seconds, 0) }

    var description: String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: Self.pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: Self.pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: Self.pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    private static func pair(_ large: Int, _ unit: String, _ small: Int, _ smaller: String) -> String {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smaller)"
    }
}

extension Timestamp {
    /// `2026-01-31T12:34:56Z`.
    static func text(_ seconds: Int) -> String {
        let buffer = ByteBuffer(capacity: 24)
        append(seconds: seconds, to: buffer)
        buffer.append(byte: UInt8(ascii: "Z"))
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
