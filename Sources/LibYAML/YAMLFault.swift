/// Something wrong with a document, and where. Its description never holds text of the document, which may be a secret.
package struct YAMLFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Kind: Hashable, Sendable {
        /// Not YAML; the text is one of libyaml's own fixed messages.
        case syntax(String)
        /// More bytes than `YAMLLimits.bytes`.
        case tooLarge
        /// Nested deeper than `YAMLLimits.depth`.
        case tooDeep
        /// More nodes than `YAMLLimits.nodes`.
        case tooManyNodes
        /// `*name`.
        case alias
        /// `&name`.
        case anchor
        /// `<<`.
        case mergeKey
        /// `!tag`.
        case tag
        /// A key met before in the same mapping, there at `first`.
        case duplicateKey(first: Mark)
        /// A list or a mapping as a key.
        case keyIsNoScalar
        /// A second document.
        case secondDocument
        /// libyaml could not allocate.
        case outOfMemory
    }

    /// What is wrong.
    package let kind: Kind
    /// Where.
    package let mark: Mark
    /// The keys that lead there. Text of the document: whoever prints one decides whether it can be a key.
    package let path: [String]

    /// A fault of `kind` at `mark`, below the keys of `path`.
    package init(kind: Kind, mark: Mark, path: [String] = []) {
        self.kind = kind
        self.mark = mark
        self.path = path
    }

    /// For an operator.
    package var description: String {
        switch kind {
        case .syntax(let message): "not valid YAML: \(message)"
        case .tooLarge: "the document is larger than 1 MiB"
        case .tooDeep: "nested too deeply"
        case .tooManyNodes: "too many values"
        case .alias: "aliases (*name) are not allowed; write the value out"
        case .anchor: "anchors (&name) are not allowed; write the value out"
        case .mergeKey: "merge keys (<<) are not allowed; write the values out"
        case .tag: "tags (!name) are not allowed"
        case .duplicateKey(let first): "the same key is already given at line \(first.line), column \(first.column)"
        case .keyIsNoScalar: "expected a plain key, found a list or a mapping"
        case .secondDocument: "expected the end of the file, found a second document"
        case .outOfMemory: "out of memory"
        }
    }
}

/// Bounds that keep a hostile or mistaken file from costing more than its reading is worth.
package struct YAMLLimits: Sendable {
    /// Bytes of a document.
    package var bytes = 1 << 20
    /// Lists and mappings within each other.
    package var depth = 32
    /// Scalars, lists and mappings together.
    package var nodes = 20_000

    /// The bounds above.
    package init() {}
}
