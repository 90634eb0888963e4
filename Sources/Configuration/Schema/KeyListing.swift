/// A key as documentation lists it.
package struct ListedKey: Hashable, Sendable {
    /// The path, with `<name>` for a server's name.
    package let key: String
    /// Its environment variable, with `<NAME>`; nil for a key that has none.
    package let variable: String?
    /// The default, or in parentheses what leaving it out means.
    package let standard: String
    /// One line for the operator.
    package let about: String

    /// Every key of the schema. A provider's keys are listed under `exchange`; those of `providers.<name>` are the same.
    package static var all: [ListedKey] {
        list(Schema.process.map(\.facts), "") + list(Schema.provider.map(\.facts), "exchange.")
            + list(Schema.server.map(\.facts), "servers.<name>.")
    }

    private static func list(_ facts: [KeyFacts], _ prefix: String) -> [ListedKey] {
        facts.flatMap { facts -> [ListedKey] in
            let path = prefix + facts.path
            let variable = KeyName.hasVariable(facts) ? KeyName.variable(of: path) : nil
            let key = ListedKey(key: path, variable: variable, standard: facts.presence.text, about: facts.about)
            guard facts.isSecret else { return [key] }
            let about = "a file that holds \(path)"
            let file = variable.map { $0 + "_FILE" }
            return [key, ListedKey(key: path + "_file", variable: file, standard: "(none)", about: about)]
        }
    }
}
