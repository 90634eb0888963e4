internal import Bytes

/// How a key's value is written.
enum Shape: Sendable {
    case scalar
    /// A list, or its elements in one text with commas between them.
    case list
    /// Names and texts.
    case map

    /// For an error message.
    var expectation: String {
        switch self {
        case .scalar: "a single value"
        case .list: "a value or a list of values"
        case .map: "names with a value each"
        }
    }
}

/// A wrong value and where it is.
struct Mistake: Error {
    let message: String
    let origin: Origin
}

/// What reading a value needs and leaves behind.
struct Reading {
    /// Reads a whole file; nil for a value that another one overrides, whose files are nobody's business.
    let readFile: ((String) throws(FileFault) -> [UInt8])?
    var mistakes: [Mistake] = []

    mutating func fail(_ origin: Origin, _ message: String) {
        mistakes.append(Mistake(message: message, origin: origin))
    }

    /// A file's bytes; an empty file is a mistake, since nothing that is asked for here may be empty.
    mutating func contents(of path: String, _ origin: Origin) -> [UInt8]? {
        guard let readFile else { return [] }
        do throws(FileFault) {
            let bytes = try readFile(path)
            if bytes.isEmpty { fail(origin, "expected a file with content, found an empty one") }
            return bytes
        } catch {
            fail(origin, "expected a readable file: \(error)")
            return nil
        }
    }
}

/// A type of value: how it is written and read, and whether it may be shown.
struct Kind<Value: Sendable>: Sendable {
    let shape: Shape
    /// A secret takes `<key>_file` and `<VARIABLE>_FILE` too.
    var isSecret = false
    /// Shown by `check` as `[redacted]`.
    var isRedacted = false
    /// Reads a value of this shape; nil after a mistake.
    let read: @Sendable (RawValue, inout Reading) -> Value?

    /// One text.
    static func one(_ parser: TextParser<Value>) -> Kind {
        Kind(shape: .scalar) { raw, reading in
            guard case .scalar(let scalar) = raw, let text = scalar.text else { return nil }
            return parse(text, scalar.origin, parser, &reading)
        }
    }
}

private func parse<Value>(
    _ text: String, _ origin: Origin, _ parser: TextParser<Value>, _ reading: inout Reading
) -> Value? {
    do throws(Expected) { return try parser.parse(text) } catch {
        reading.fail(origin, error.message)
        return nil
    }
}

extension Kind {
    /// A list of texts, each read by `parser`; repeated elements count once.
    static func list<Element: Hashable>(
        _ parser: TextParser<Element>, atLeast least: Int = 1,
        split isSeparator: @escaping @Sendable (Character) -> Bool = { $0 == "," }
    ) -> Kind where Value == [Element] {
        Kind(shape: .list) { raw, reading in
            let before = reading.mistakes.count
            var elements: [Element] = []
            for scalar in scalars(of: raw, isSeparator) {
                guard let text = scalar.text, let element = parse(text, scalar.origin, parser, &reading) else {
                    continue
                }
                if !elements.contains(element) { elements.append(element) }
            }
            if elements.count < least, reading.mistakes.count == before {
                reading.fail(raw.origin, "expected at least \(least == 1 ? "one value" : "\(least) values")")
            }
            return reading.mistakes.count == before ? elements : nil
        }
    }

    /// The elements with something in them; a single text is split.
    private static func scalars(of raw: RawValue, _ isSeparator: (Character) -> Bool) -> [RawScalar] {
        switch raw {
        case .list(let scalars, _): scalars.filter { $0.text != "" }
        case .scalar(let scalar):
            (scalar.text ?? "").split(whereSeparator: isSeparator).map(trimmed).filter { !$0.isEmpty }
                .map { RawScalar(content: .text($0), origin: scalar.origin) }
        case .map: []
        }
    }
}

/// Without spaces and tabs at its ends.
private func trimmed(_ text: Substring) -> String {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
    let start = text.drop(while: isBlank)
    return String(start.reversed().drop(while: isBlank).reversed())
}

extension Kind where Value == [String] {
    /// A token request's scopes, with spaces or commas between them when they are one text.
    static var scopes: Kind { list(.scope) { $0 == "," || $0.isWhitespace } }
}
