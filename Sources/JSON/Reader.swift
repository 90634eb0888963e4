extension JSON {
    /// Reads one JSON text: strict RFC 8259, UTF-8 only, no byte order mark, each member name once per object.
    package static func parse(_ bytes: Span<UInt8>, limits: Limits = Limits()) throws(Fault) -> JSON {
        var reader = Reader(scanner: try Scanner(bytes, limits: limits))
        let value = try reader.value(bytes)
        try reader.scanner.finish(bytes)
        return value
    }

    /// The text of the string at that place of a scanned text.
    /// - Parameter range: as the scanner returned it, quotes included.
    package static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Fault) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { throw .unexpectedEnd }
        return try StringText.decode(bytes, range)
    }
}

/// Builds the tree. Recursion is as deep as the text nests, which `Limits.depth` bounds.
private struct Reader {
    var scanner: JSON.Scanner

    mutating func value(_ bytes: Span<UInt8>) throws(JSON.Fault) -> JSON {
        let kind = try scanner.next(bytes)
        let start = scanner.position
        switch kind {
        case .null:
            try scanner.take("null", bytes)
            return .null
        case .true:
            try scanner.take("true", bytes)
            return .bool(true)
        case .false:
            try scanner.take("false", bytes)
            return .bool(false)
        case .number:
            try scanner.takeNumber(bytes)
            return .number(ascii(bytes.extracting(start..<scanner.position)))
        case .string:
            try scanner.takeString(bytes)
            return .string(try StringText.decode(bytes, start..<scanner.position))
        case .array: return .array(try array(bytes))
        case .object: return .object(try object(bytes))
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSON.Fault) -> [JSON] {
        try scanner.enter(bytes)
        var elements: [JSON] = []
        while try scanner.element(bytes) { elements.append(try value(bytes)) }
        return elements
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSON.Fault) -> JSON.Object {
        try scanner.enter(bytes)
        var members: [JSON.Object.Member] = []
        var names = Names()
        while let place = try scanner.name(bytes) {
            let name = try StringText.decode(bytes, place)
            guard names.insert(name, among: members) else { throw .duplicateName(at: place.lowerBound) }
            members.append(JSON.Object.Member(name, try value(bytes)))
        }
        return JSON.Object(unique: members)
    }

    private func ascii(_ bytes: Span<UInt8>) -> String {
        var text = ""
        for i in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[i])) }
        return text
    }
}

/// The member names seen so far. Small objects are compared one by one; a set keeps an object with a
/// hundred thousand members, which a stranger may send, from costing the square of that.
private struct Names {
    private var many: Set<[UInt8]> = []

    mutating func insert(_ name: String, among members: [JSON.Object.Member]) -> Bool {
        if members.count < 8 { return !members.contains { $0.name.sameScalars(as: name) } }
        if many.isEmpty { many = Set(members.map { Array($0.name.utf8) }) }
        return many.insert(Array(name.utf8)).inserted
    }
}
