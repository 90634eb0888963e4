/// Finds variables that begin with `OBO_` and mean nothing: a slip in the name of a security setting would leave
/// its default in force without a word.
struct UnknownVariables {
    /// Variables that mean something.
    let known: Set<String>

    /// Ours, though no key's.
    static let others: Set<String> = ["OBO_CONFIG"]

    func problems(in environment: [String: String]) -> [ConfigurationProblem] {
        environment.filter { name, value in
            name.hasPrefix("OBO_") && !value.isEmpty && !known.contains(name) && !Self.others.contains(name)
                && !Self.isServiceLink(name, value)
        }.keys.sorted().map { name in
            let hint = near(name).map { "; did you mean \($0)?" } ?? ""
            return ConfigurationProblem(.variable(name), nil, "unknown variable\(hint)")
        }
    }

    private func near(_ name: String) -> String? {
        if let meant = inCapitals(name) { return meant }
        let candidates = known.union(Self.others).union(entryVariables(name)).subtracting([name])
        let near = candidates.map { (word: $0, distance: editDistance(name, $0)) }.filter { $0.distance <= 3 }
        return near.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// The variable of an entry whose name was not written as it is in variables: `OBO_SERVER_my-wiki_URL`.
    private func inCapitals(_ name: String) -> String? {
        let meant = name.replacing("-", with: "__").uppercased()
        let isOne = NamedSection.allCases.contains { KeyName.entry(of: meant, in: $0) != nil }
        return isOne && meant != name ? meant : nil
    }

    /// The variables that an entry would have if `name` were one of them but for its end.
    private func entryVariables(_ name: String) -> Set<String> {
        var result: Set<String> = []
        for section in NamedSection.allCases where name.hasPrefix(section.variablePrefix) {
            let rest = name.dropFirst(section.variablePrefix.count)
            for end in rest.indices where rest[end] == "_" {
                result.formUnion(section.endings.map { name[...end] + $0 })
            }
        }
        return result
    }

    /// Kubernetes and Docker set these in a container beside a service called `obo-…`.
    static func isServiceLink(_ name: String, _ value: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
            return true
        }
        if name.hasSuffix("_PORT"), ["tcp://", "udp://", "sctp://"].contains(where: { value.hasPrefix($0) }) {
            return true
        }
        let parts = name.split(separator: "_")
        return parts.indices.contains { position in
            parts[position] == "PORT" && position + 2 < parts.count && parts[position + 1].allSatisfy(\.isNumber)
                && ["TCP", "UDP", "SCTP"].contains(parts[position + 2])
        }
    }
}
