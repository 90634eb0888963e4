/// A key as it is in effect, for `obo-proxy check`. Secrets are redacted.
package struct EffectiveValue: Hashable, Sendable {
    /// The full path.
    package let key: String
    /// The value as text.
    package let value: String
    /// Where it is from.
    package let origin: Origin

    init(key: String, value: String, origin: Origin) {
        self.key = key
        self.value = value
        self.origin = origin
    }

    init(_ path: String, _ facts: KeyFacts, _ resolved: Resolved?) {
        key = path
        origin = resolved.map { $0.precedence == .standard ? .standard : $0.raw.origin } ?? .standard
        value = resolved.map { Self.spell($0.raw, isRedacted: facts.isRedacted) } ?? facts.presence.text
    }

    private static func spell(_ raw: RawValue, isRedacted: Bool) -> String {
        switch raw {
        case .scalar(let scalar): spell(scalar, isRedacted: isRedacted)
        case .list(let scalars, _):
            scalars.isEmpty ? "(none)" : scalars.map { spell($0, isRedacted: isRedacted) }.joined(separator: ", ")
        case .map(let pairs, _):
            pairs.isEmpty ? "(none)" : "{\(pairs.map { spell($0, isRedacted: isRedacted) }.joined(separator: ", "))}"
        }
    }

    private static func spell(_ pair: (name: String, value: RawScalar), isRedacted: Bool) -> String {
        "\(printable(pair.name)): \(spell(pair.value, isRedacted: isRedacted || isSecretive(pair.name)))"
    }

    private static func spell(_ scalar: RawScalar, isRedacted: Bool) -> String {
        isRedacted ? "[redacted]" : printable(scalar.text.map(withoutQuery) ?? "[redacted]")
    }

    /// Some servers take their credential in the query of their URL.
    private static func withoutQuery(_ text: String) -> String {
        guard text.prefix(4).lowercased() == "http", let start = text.firstIndex(of: "?"),
            text.index(after: start) < text.endIndex
        else { return text }
        return text[...start] + "[redacted]"
    }

    /// Whether a parameter's name sounds like a secret's.
    private static func isSecretive(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["secret", "password", "token", "key", "assertion", "credential"].contains { name.contains($0) }
    }

    private static func printable(_ text: String) -> String {
        String(text.map { isPrintable(String($0)) ? $0 : "?" })
    }
}

extension Presence {
    /// What a key is without being set, for lists of keys.
    var text: String {
        switch self {
        case .required: "(required)"
        case .standard(let text): text
        case .absent(let text): "(\(text))"
        }
    }
}
