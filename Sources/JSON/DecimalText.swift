/// The digits and the scale of a JSON number: value = digits × 10^scale, no zero at either end of the digits.
struct DecimalText {
    private var negative = false
    private var digits: [UInt8] = []
    private var scale = 0

    /// - Returns: nil when `text` is no JSON number.
    init?(_ text: String) {
        var exponent: [UInt8] = []
        var place = Place.integer
        for byte in text.utf8 {
            switch (byte, place) {
            case (UInt8(ascii: "-"), .integer): negative = true
            case (UInt8(ascii: "."), .integer): place = .fraction
            case (UInt8(ascii: "e"), _), (UInt8(ascii: "E"), _): place = .exponent
            case (_, .exponent): exponent.append(byte)
            case (48...57, _): append(byte &- 48, fraction: place == .fraction)
            default: return nil
            }
        }
        trim()
        guard place != .exponent || add(exponent: exponent) else { return nil }
    }

    private enum Place { case integer, fraction, exponent }

    private mutating func append(_ digit: UInt8, fraction: Bool) {
        if fraction { scale &-= 1 }
        if digit > 0 || !digits.isEmpty { digits.append(digit) }
    }

    private mutating func trim() {
        while digits.last == 0 {
            digits.removeLast()
            scale &+= 1
        }
    }

    /// Exponents stop growing far beyond what any text's digits could make up for.
    private mutating func add(exponent text: [UInt8]) -> Bool {
        let negative = text.first == UInt8(ascii: "-")
        let signed = negative || text.first == UInt8(ascii: "+")
        var value = 0
        for byte in text.dropFirst(signed ? 1 : 0) {
            guard byte &- 48 < 10 else { return false }
            value = min(value &* 10 &+ Int(byte &- 48), 1 << 40)
        }
        scale &+= negative ? 0 &- value : value
        return true
    }

    /// The value when it is an integer that fits.
    var integer: Int64? {
        if digits.isEmpty { return 0 }
        guard scale >= 0, scale <= 19, digits.count &+ scale <= 19 else { return nil }
        var value: Int64 = 0
        for digit in digits + Array(repeating: 0, count: scale) {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            // Towards the negative side, which reaches one further.
            let (sum, carry) = tenfold.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return negative ? value : value == .min ? nil : 0 &- value
    }
}
