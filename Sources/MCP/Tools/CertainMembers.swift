internal import JSON

extension JSON.Scanner {
    /// Takes a whole object and returns the places of its members of these names, in their order.
    ///
    /// A name that comes twice is a fault, and so is one that differs from a wanted one in case only: there are readers
    /// that take the first, the last or the one in capitals, and a rule must not judge another member than they act on.
    /// - Throws: `duplicateName` for those.
    mutating func members(_ names: [String], _ bytes: Span<UInt8>) throws(JSON.Fault) -> [Range<Int>?] {
        var places = [Range<Int>?](repeating: nil, count: names.count)
        try enter(bytes)
        while let place = try name(bytes) {
            let value = try skip(bytes)
            let name = try JSON.text(bytes, place)
            guard let index = names.firstIndex(where: { name.isLookalike(of: $0) }) else { continue }
            guard name.isExactly(names[index]), places[index] == nil else {
                throw .duplicateName(at: place.lowerBound)
            }
            places[index] = value
        }
        return places
    }
}

extension JSON {
    /// The places of the members of these names in the object that is all of `bytes`; nil when it is no object.
    /// - Parameter bytes: a part of a text that was scanned as a whole.
    static func members(_ names: [String], of bytes: Span<UInt8>) throws(Fault) -> [Range<Int>?]? {
        var scanner = try Scanner(bytes, limits: Limits(depth: 256, bytes: .max, values: .max))
        guard try scanner.next(bytes) == .object else { return nil }
        return try scanner.members(names, bytes)
    }

    /// The text of the string at that place; nil when there is another kind of value.
    static func string(_ bytes: Span<UInt8>, _ place: Range<Int>) throws(Fault) -> String? {
        guard place.lowerBound < bytes.count, bytes[place.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return try text(bytes, place)
    }
}

extension String {
    /// Byte by byte: `==` takes canonically equivalent texts for the same, which servers do not.
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether some reader that ignores case may take this for `word`, which is lower-case ASCII. Besides the capitals
    /// two letters fold to ASCII: the long s and the Kelvin sign (Unicode's CaseFolding.txt).
    func isLookalike(of word: String) -> Bool {
        guard utf8.count <= 3 &* word.utf8.count else { return false }
        return unicodeScalars.lazy.map { scalar -> Unicode.Scalar in
            switch scalar {
            case "A"..."Z": Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value | 0x20))
            case "\u{17F}": "s"
            case "\u{212A}": "k"
            default: scalar
            }
        }.elementsEqual(word.unicodeScalars)
    }
}
