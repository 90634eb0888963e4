/// Durations as they are written: a whole number and `ms`, `s`, `m` or `h`.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]

    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = decimal(Int64.self, digits),
            let unit = units.first(where: { $0.suffix == text[digits.endIndex...] })
        else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : .milliseconds(value)
    }

    /// In the largest unit that leaves no rest.
    static func spell(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let unit = units.last { milliseconds % $0.milliseconds == 0 && milliseconds != 0 } ?? ("s", 1_000)
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

/// Sizes as they are written: a whole number and `B`, `KiB` or `MiB`.
enum SizeText {
    private static let units: [(suffix: String, bytes: Int)] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)]

    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = decimal(Int.self, digits),
            let unit = units.first(where: { $0.suffix == text[digits.endIndex...] })
        else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : value
    }

    /// In the largest unit that leaves no rest.
    static func spell(_ bytes: Int) -> String {
        let unit = units.last { bytes % $0.bytes == 0 && bytes != 0 } ?? ("B", 1)
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
