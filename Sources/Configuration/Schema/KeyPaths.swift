/// Names and variables of keys, derived from the schema's rows.
///
/// A full path is the row's path behind its section: nothing, `identity.` (part of the row's own path),
/// `exchange.`, `providers.<name>.` or `servers.<name>.`.
enum KeyName {
    /// The environment variable of a key: `OBO_` and the path in capitals; `identity.`, `exchange.` and a
    /// server's `obo.` are left out; a hyphen in a name is `__`.
    static func variable(of path: String) -> String {
        var parts = path.split(separator: ".").map(String.init)
        switch parts.first {
        case "identity", "exchange": parts.removeFirst()
        case "servers":
            parts[0] = "server"
            if parts.count > 3, parts[2] == "obo" { parts.remove(at: 2) }
        default: break
        }
        return "OBO_" + parts.map { $0.uppercased().replacing("-", with: "__") }.joined(separator: "_")
    }

    /// Whether a key has a variable: a map has none.
    static func hasVariable(_ facts: KeyFacts) -> Bool { facts.shape != .map }

    /// The entry of `servers` or `providers` that a variable speaks about; nil when it is no such variable.
    static func entry(of variable: String, in section: NamedSection) -> String? {
        let prefix = section.variablePrefix
        guard variable.hasPrefix(prefix) else { return nil }
        let rest = variable.dropFirst(prefix.count)
        let endings = section.endings.filter { rest.hasSuffix("_" + $0) }
        guard let ending = endings.max(by: { $0.count < $1.count }) else { return nil }
        let name = rest.dropLast(ending.count + 1).lowercased().replacing("__", with: "-")
        // Only the spelling that we would give back is ours.
        let isOurs = isName(name) && prefix + name.uppercased().replacing("-", with: "__") + "_" + ending == variable
        return isOurs ? name : nil
    }
}

/// A section whose keys are names that the operator chooses.
enum NamedSection: String, CaseIterable {
    case servers
    case providers

    /// The rows of each entry.
    var facts: [KeyFacts] {
        switch self {
        case .servers: Schema.server.map(\.facts)
        case .providers: Schema.provider.map(\.facts)
        }
    }

    /// `OBO_SERVER_` or `OBO_PROVIDERS_`.
    var variablePrefix: String {
        switch self {
        case .servers: "OBO_SERVER_"
        case .providers: "OBO_PROVIDERS_"
        }
    }

    /// What follows an entry's name in its variables.
    var endings: [String] {
        facts.filter(KeyName.hasVariable).flatMap { facts -> [String] in
            let variable = KeyName.variable(of: "\(rawValue).x.\(facts.path)").dropFirst(variablePrefix.count + 2)
            return facts.isSecret ? [String(variable), variable + "_FILE"] : [String(variable)]
        }
    }
}
