/// The schema as the file nests it.
struct SchemaTree: Sendable {
    /// What a key leads to.
    enum Entry: Sendable {
        case section(SchemaTree)
        /// Names that the operator chooses, each with this section.
        case named(SchemaTree)
        case leaf(Leaf)
    }

    /// A key that holds a value.
    struct Leaf: Sendable {
        let shape: Shape
        /// The text is the path of a file that holds the secret, and the key is the secret's with `_file`.
        let isSecretFile: Bool
    }

    private(set) var entries: [String: Entry] = [:]
    /// The key that a single value in place of this section means: `admin: off`.
    private(set) var shorthand: String?

    /// The whole schema.
    static let root: SchemaTree = {
        var root = SchemaTree()
        for row in Schema.process { root.insert(row.facts.path.split(separator: ".")[...], row.facts) }
        root.entries["exchange"] = .section(SchemaTree(Schema.provider.map(\.facts)))
        for section in NamedSection.allCases {
            root.entries[section.rawValue] = .named(SchemaTree(section.facts))
        }
        if case .section(var admin) = root.entries["admin"] {
            admin.shorthand = "listen"
            root.entries["admin"] = .section(admin)
        }
        return root
    }()

    private init() {}

    private init(_ facts: [KeyFacts]) {
        for facts in facts { insert(facts.path.split(separator: ".")[...], facts) }
    }

    private mutating func insert(_ path: ArraySlice<Substring>, _ facts: KeyFacts) {
        guard let first = path.first.map(String.init) else { return }
        guard path.count > 1 else {
            entries[first] = .leaf(Leaf(shape: facts.shape, isSecretFile: false))
            if facts.isSecret { entries[first + "_file"] = .leaf(Leaf(shape: .scalar, isSecretFile: true)) }
            return
        }
        var section = SchemaTree()
        if case .section(let known) = entries[first] { section = known }
        section.insert(path.dropFirst(), facts)
        entries[first] = .section(section)
    }

    /// The paths below this section whose last part is `key`, with `<name>` for names.
    func paths(endingIn key: String) -> [String] {
        entries.flatMap { name, entry -> [String] in
            switch entry {
            case .leaf: name == key ? [name] : []
            case .section(let section): section.paths(endingIn: key).map { "\(name).\($0)" }
            case .named(let section): section.paths(endingIn: key).map { "\(name).<name>.\($0)" }
            }
        }
    }
}
