/// A JSON text as RFC 8259 defines it, kept exactly: numbers as they were written, members in their order.
///
/// Equality is equality of the text's parts: `1` and `1.0` differ, and so do objects in another order.
package indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's own characters, so that an id of any size goes back unchanged.
    case number(String)
    case string(String)
    case array([JSON])
    case object(Object)

    /// What a text may cost its reader. Whoever sends the bytes chooses them, so each bound is enforced.
    package struct Limits: Sendable {
        /// Nested arrays and objects.
        package var depth: Int
        /// Bytes of the whole text.
        package var bytes: Int
        /// Values of every kind, member names not counted.
        package var values: Int

        package init(depth: Int = 64, bytes: Int = 8 << 20, values: Int = 200_000) {
            self.depth = depth
            self.bytes = bytes
            self.values = values
        }
    }

    /// Why bytes are no acceptable JSON text; offsets count from the first byte. Never carries the input.
    package enum Fault: Error, Equatable, Sendable {
        case tooLarge
        case tooDeep
        case tooManyValues
        case unexpectedEnd
        case unexpectedByte(at: Int)
        case invalidNumber(at: Int)
        /// A control character, an unknown escape, half a surrogate pair or bytes that are not UTF-8.
        case invalidString(at: Int)
        /// Two members of one name: readers differ on which counts (RFC 8259 §4), so neither does.
        case duplicateName(at: Int)
        case trailingBytes(at: Int)
    }
}

extension JSON {
    /// Exactly this integer.
    package static func integer(_ value: Int64) -> JSON { .number(String(value)) }

    /// The member of that name; nil when this is no object or has none.
    package subscript(name: String) -> JSON? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The text of a string, nil for every other kind.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a boolean, nil for every other kind.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array, nil for every other kind.
    package var array: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object, nil for every other kind.
    package var object: Object? {
        if case .object(let object) = self { object } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// The number when it is mathematically an integer that fits, whatever its spelling: `7`, `7.0`, `70e-1`.
    /// Computed from the digits, so that no rounding turns one large id or date into another.
    package var integer: Int64? {
        if case .number(let text) = self { DecimalText(text)?.integer } else { nil }
    }

    /// The nearest binary number; nil for other kinds and for what is too large to be finite.
    package var double: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
        return value
    }
}
