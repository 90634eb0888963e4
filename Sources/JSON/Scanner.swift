extension JSON {
    /// Walks over a JSON text value by value, checking every byte, and makes nothing of what it skips.
    ///
    /// The bytes are passed to each call, since a span cannot be kept; pass the same ones each time. Used by the
    /// reader for whole trees and by those who want the place of a few values in a large text.
    package struct Scanner {
        /// What begins at the next byte.
        package enum Kind: Sendable, Equatable {
            case null, `true`, `false`, number, string, array, object
        }

        /// Offset of the next byte to look at.
        package private(set) var position = 0
        private var depth = 0
        private var values = 0
        private let limits: Limits

        /// - Throws: `tooLarge`.
        package init(_ bytes: Span<UInt8>, limits: Limits = Limits()) throws(Fault) {
            guard bytes.count <= limits.bytes else { throw .tooLarge }
            self.limits = limits
        }

        /// Skips white space and says which kind of value begins; counts it. The value itself is still to be taken.
        package mutating func next(_ bytes: Span<UInt8>) throws(Fault) -> Kind {
            let byte = try peek(bytes)
            values &+= 1
            guard values <= limits.values else { throw .tooManyValues }
            switch byte {
            case UInt8(ascii: "{"): return .object
            case UInt8(ascii: "["): return .array
            case UInt8(ascii: "\""): return .string
            case UInt8(ascii: "n"): return .null
            case UInt8(ascii: "t"): return .true
            case UInt8(ascii: "f"): return .false
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
            default: throw .unexpectedByte(at: position)
            }
        }

        /// Skips one whole value and returns its place, white space before it left out.
        @discardableResult
        package mutating func skip(_ bytes: Span<UInt8>) throws(Fault) -> Range<Int> {
            let kind = try next(bytes)
            let start = position
            switch kind {
            case .null: try take("null", bytes)
            case .true: try take("true", bytes)
            case .false: try take("false", bytes)
            case .number: try takeNumber(bytes)
            case .string: try takeString(bytes)
            case .array:
                try enter(bytes)
                while try element(bytes) { try skip(bytes) }
            case .object:
                try enter(bytes)
                while try name(bytes) != nil { try skip(bytes) }
            }
            return start..<position
        }

        /// Ensures that nothing but white space is left.
        package mutating func finish(_ bytes: Span<UInt8>) throws(Fault) {
            skipSpace(bytes)
            guard position == bytes.count else { throw .trailingBytes(at: position) }
        }

        // MARK: Arrays and objects

        /// Takes the opening bracket of the array or object that `next` announced.
        package mutating func enter(_ bytes: Span<UInt8>) throws(Fault) {
            guard depth < limits.depth else { throw .tooDeep }
            depth &+= 1
            position &+= 1
            afterOpening = true
        }

        /// Whether another element follows; takes the comma before it, or the closing bracket.
        package mutating func element(_ bytes: Span<UInt8>) throws(Fault) -> Bool {
            try another(bytes, closing: UInt8(ascii: "]"))
        }

        /// The place of the next member's name, quotes included, and takes it with its colon; nil at the object's end.
        package mutating func name(_ bytes: Span<UInt8>) throws(Fault) -> Range<Int>? {
            guard try another(bytes, closing: UInt8(ascii: "}")) else { return nil }
            guard try peek(bytes) == UInt8(ascii: "\"") else { throw .unexpectedByte(at: position) }
            let start = position
            try takeString(bytes)
            let end = position
            guard try peek(bytes) == UInt8(ascii: ":") else { throw .unexpectedByte(at: position) }
            position &+= 1
            return start..<end
        }

        private var afterOpening = false

        private mutating func another(_ bytes: Span<UInt8>, closing: UInt8) throws(Fault) -> Bool {
            let byte = try peek(bytes)
            let first = afterOpening
            afterOpening = false
            if byte == closing {
                position &+= 1
                depth &-= 1
                return false
            }
            if first { return true }
            guard byte == UInt8(ascii: ",") else { throw .unexpectedByte(at: position) }
            position &+= 1
            return true
        }

        // MARK: Bytes

        private mutating func skipSpace(_ bytes: Span<UInt8>) {
            while position < bytes.count {
                switch bytes[position] {
                case 0x20, 0x09, 0x0a, 0x0d: position &+= 1
                default: return
                }
            }
        }

        private mutating func peek(_ bytes: Span<UInt8>) throws(Fault) -> UInt8 {
            skipSpace(bytes)
            guard position < bytes.count else { throw .unexpectedEnd }
            return bytes[position]
        }

        mutating func take(_ literal: StaticString, _ bytes: Span<UInt8>) throws(Fault) {
            // The literals are ours; the pointer is only read within their length.
            for i in 0..<literal.utf8CodeUnitCount {
                guard position < bytes.count else { throw .unexpectedEnd }
                guard unsafe bytes[position] == literal.utf8Start[i] else { throw .unexpectedByte(at: position) }
                position &+= 1
            }
        }

        // MARK: Numbers (RFC 8259 §6)

        /// Takes `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
        mutating func takeNumber(_ bytes: Span<UInt8>) throws(Fault) {
            let start = position
            takeIf(bytes, UInt8(ascii: "-"))
            if !takeIf(bytes, UInt8(ascii: "0")) { try takeDigits(bytes) }
            if takeIf(bytes, UInt8(ascii: ".")) { try takeDigits(bytes) }
            if takeIf(bytes, UInt8(ascii: "e")) || takeIf(bytes, UInt8(ascii: "E")) {
                if !takeIf(bytes, UInt8(ascii: "+")) { takeIf(bytes, UInt8(ascii: "-")) }
                try takeDigits(bytes)
            }
            // `01`, `1.2.3` and `1x` must not pass as a number followed by something else.
            guard position == bytes.count || !Self.continuesNumber(bytes[position]) else {
                throw .invalidNumber(at: start)
            }
        }

        @discardableResult
        private mutating func takeIf(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position &+= 1
            return true
        }

        private mutating func takeDigits(_ bytes: Span<UInt8>) throws(Fault) {
            let start = position
            while position < bytes.count, bytes[position] &- 48 < 10 { position &+= 1 }
            guard position > start else { throw .invalidNumber(at: start) }
        }

        private static func continuesNumber(_ byte: UInt8) -> Bool {
            byte &- 48 < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte &- 97 < 26 || byte &- 65 < 26
        }

        /// Takes a string with its quotes.
        mutating func takeString(_ bytes: Span<UInt8>) throws(Fault) {
            position = try StringText.end(bytes, from: position)
        }
    }
}
