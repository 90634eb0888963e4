/// Fills `${VAR}` and `${VAR:-default}` in from the environment. `$${` stands for `${`; nothing nests.
///
/// An empty variable counts as a missing one, so that `${KEY}` can never quietly mean "no key".
struct Interpolation {
    let environment: [String: String]
    /// Every variable that was named, set or not.
    private(set) var variables: Set<String> = []

    init(environment: [String: String]) {
        self.environment = environment
    }

    /// - Throws: what is wrong, without the text around it.
    mutating func fill(_ text: String) throws(Expected) -> String {
        var result = ""
        var missing: [String] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let close = rest.firstIndex(of: "}") else {
                    throw Expected("a } after ${ (write $${ for a plain ${)")
                }
                result += try value(rest[rest.index(dollar, offsetBy: 2)..<close], &missing)
                rest = rest[rest.index(after: close)...]
            } else {
                result.append("$")
                rest = rest.dropFirst()
            }
        }
        guard missing.isEmpty else {
            throw Expected("the variable\(missing.count > 1 ? "s" : "") \(missing.joined(separator: ", ")) to be set")
        }
        return result + rest
    }

    private mutating func value(_ reference: Substring, _ missing: inout [String]) throws(Expected) -> String {
        let end = reference.firstIndex(of: ":") ?? reference.endIndex
        let name = String(reference[..<end])
        let rest = reference[end...]
        guard Self.isName(name), rest.isEmpty || rest.hasPrefix(":-"), !rest.contains("${") else {
            throw Expected("${NAME} or ${NAME:-default} (write $${ for a plain ${)")
        }
        variables.insert(name)
        if let value = environment[name], !value.isEmpty { return value }
        if rest.isEmpty { missing.append(name) }
        return String(rest.dropFirst(2))
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
    }
}

/// What a text should have been; it is printed behind "expected".
struct Expected: Error, Hashable {
    let message: String

    init(_ what: String) { message = "expected \(what)" }

    /// A message in full.
    init(message: String) { self.message = message }
}
