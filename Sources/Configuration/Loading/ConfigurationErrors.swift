/// One thing that is wrong with a configuration. Holds names of keys and variables, never a value.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// Where to look: a place in the file, a variable, or nowhere (`standard`) for what is missing altogether.
    package let origin: Origin
    /// The key's path; nil when no key is concerned.
    package let key: String?
    /// What was expected.
    package let message: String

    init(_ origin: Origin, _ key: String?, _ message: String) {
        self.origin = origin
        self.key = key
        self.message = message
    }

    /// `proxy.yaml:12:5: servers.tickets.url: expected …`
    package var description: String {
        var parts: [String] = []
        if origin != .standard { parts.append(origin.description) }
        if let key { parts.append(key) }
        parts.append(message)
        return parts.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration: the file's problems in the file's order, then the rest by name.
package struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    /// At least one.
    package let problems: [ConfigurationProblem]

    init(_ problems: [ConfigurationProblem]) {
        var seen: Set<ConfigurationProblem> = []
        self.problems = problems.filter { seen.insert($0).inserted }.sorted { Self.rank($0) < Self.rank($1) }
    }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }

    private static func rank(_ problem: ConfigurationProblem) -> (Int, Int, Int, String) {
        switch problem.origin {
        case .file(_, let line, let column): (0, line, column, problem.key ?? "")
        case .variable(let name): (1, 0, 0, name)
        case .standard: (2, 0, 0, problem.key ?? "")
        }
    }
}
