/// How many requests in what time, such as `10/s`.
package struct RequestRate: Hashable, Sendable {
    /// What a rate is counted over.
    package enum Unit: String, CaseIterable, Sendable {
        case second = "s"
        case minute = "m"
        case hour = "h"

        /// Its length in seconds.
        package var seconds: Int {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3600
            }
        }
    }

    /// Requests in one unit; 0 for no limit.
    package let count: Int
    package let unit: Unit

    package init(_ count: Int, per unit: Unit) { (self.count, self.unit) = (count, unit) }

    /// More than any user's clients send, and few enough for their distance to be counted in nanoseconds.
    static let counts = 0...1_000_000

    /// `n/s`, `n/m` or `n/h`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = decimal(Int.self, parts[0]), Self.counts.contains(count),
            let unit = Unit(rawValue: String(parts[1]))
        else { return nil }
        self.init(count, per: unit)
    }
}
