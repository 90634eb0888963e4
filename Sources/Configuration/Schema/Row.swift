/// What a key has when nobody sets it.
enum Presence: Sendable {
    /// Nothing: leaving it out is an error.
    case required
    /// This text, read like any other.
    case standard(String)
    /// What the model starts with; the text says what that means.
    case absent(String)
}

/// A variable of somebody else's that is read when neither ours nor the file has the key.
struct Fallback: Sendable {
    let variable: String
    /// The value that the variable's text stands for.
    var text: @Sendable (String, _ environment: [String: String]) -> String = { text, _ in text }

    static func azure(_ name: String) -> Fallback { Fallback(variable: "AZURE_\(name)") }
    static func openID(_ name: String) -> Fallback { Fallback(variable: "OPENID_\(name)") }
}

/// A row of the schema without its types: what names, documentation and `check` are derived from.
struct KeyFacts: Sendable {
    /// The path from the section that the row belongs to.
    let path: String
    let shape: Shape
    let isSecret: Bool
    let isRedacted: Bool
    let presence: Presence
    let fallbacks: [Fallback]
    /// One line for the operator.
    let about: String
}

/// A row of the schema: a key, its type, what it is without being set, and the model's property that it fills.
struct Row<Root: Sendable>: Sendable {
    let facts: KeyFacts
    /// Reads a value into the model, or leaves mistakes.
    let store: @Sendable (RawValue, inout Root, inout Reading) -> Void

    private init<Value>(
        _ path: String, _ kind: Kind<Value>, _ presence: Presence, _ fallbacks: [Fallback], _ about: String,
        store: @escaping @Sendable (RawValue, inout Root, inout Reading) -> Void
    ) {
        facts = KeyFacts(
            path: path, shape: kind.shape, isSecret: kind.isSecret, isRedacted: kind.isRedacted, presence: presence,
            fallbacks: fallbacks, about: about)
        self.store = store
    }

    /// A key that fills a property.
    init<Value>(
        _ path: String, _ kind: Kind<Value>, _ presence: Presence,
        _ property: any WritableKeyPath<Root, Value> & Sendable, or fallbacks: [Fallback] = [], _ about: String
    ) {
        self.init(path, kind, presence, fallbacks, about) { raw, root, reading in
            if let value = kind.read(raw, &reading) { root[keyPath: property] = value }
        }
    }

    /// A key that fills an optional property.
    init<Value>(
        _ path: String, _ kind: Kind<Value>, _ presence: Presence,
        _ property: any WritableKeyPath<Root, Value?> & Sendable, or fallbacks: [Fallback] = [], _ about: String
    ) {
        self.init(path, kind, presence, fallbacks, about) { raw, root, reading in
            if let value = kind.read(raw, &reading) { root[keyPath: property] = value }
        }
    }
}
