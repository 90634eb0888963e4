internal import LibYAML

/// What a file says, by full key path, before anything is known about other sources.
struct DocumentValues {
    /// Values that are set; an empty one is not.
    var values: [String: RawValue] = [:]
    /// Keys that are set but unreadable, so that nobody calls them missing.
    var broken: Set<String> = []
    /// Where each section and named entry begins.
    var sections: [String: Origin] = [:]
    /// The entries of `servers` and `providers` in the file's order.
    var names: [NamedSection: [String]] = [:]
    /// Variables that are named anywhere in the file.
    var variables: Set<String> = []
    /// What is wrong.
    var problems: [ConfigurationProblem] = []
    /// Whether nothing of the file could be read, so that nobody can say what is missing in it.
    var isUnreadable = false
    /// Every key met, for the test that the reference configuration is complete.
    var keys: Set<String> = []
}

/// Reads a YAML tree along the schema.
struct DocumentReader {
    private let file: String
    private var interpolation: Interpolation
    private var result = DocumentValues()

    private init(file: String, environment: [String: String]) {
        self.file = file
        interpolation = Interpolation(environment: environment)
    }

    /// Reads the bytes of `file`.
    static func read(_ bytes: [UInt8], file: String, environment: [String: String]) -> DocumentValues {
        var reader = DocumentReader(file: file, environment: environment)
        let document = YAMLDocument(bytes.span)
        for fault in document.faults {
            let key = fault.path.map(shown).joined(separator: ".")
            reader.fail(fault.mark, nonEmpty(key), fault.description)
        }
        reader.result.sections[""] = Origin(file: file, Mark(line: 1, column: 1))
        reader.result.isUnreadable = document.root == nil && !document.faults.isEmpty
        if let root = document.root { reader.section(root, SchemaTree.root, "", root.mark) }
        reader.result.variables = reader.interpolation.variables
        return reader.result
    }

    private mutating func fail(_ mark: Mark, _ key: String?, _ message: String) {
        result.problems.append(ConfigurationProblem(Origin(file: file, mark), key, message))
    }

    /// Reads a section's keys. `prefix` ends with a dot, or is empty for the whole file.
    private mutating func section(_ node: Node, _ tree: SchemaTree, _ prefix: String, _ mark: Mark) {
        let name = String(prefix.dropLast())
        result.sections[name] = Origin(file: file, mark)
        switch node {
        case .mapping(let pairs, _):
            for pair in pairs { entry(pair.key, pair.value, tree, prefix) }
        case .scalar where isNull(node), .refused: break
        case .scalar(_, _, _) where tree.shorthand != nil:
            leaf(node, SchemaTree.Leaf(shape: .scalar, isSecretFile: false), prefix + (tree.shorthand ?? ""))
        case .scalar, .sequence:
            let keys = tree.entries.keys.sorted().joined(separator: ", ")
            fail(node.mark, name.isEmpty ? nil : name, "expected a mapping with the keys \(keys)")
        }
    }

    private mutating func entry(_ key: Node, _ value: Node, _ tree: SchemaTree, _ prefix: String) {
        guard case .scalar(let name, _, let mark) = key else { return }
        switch tree.entries[name] {
        case .leaf(let kind): leaf(value, kind, prefix + name)
        case .section(let section): self.section(value, section, "\(prefix)\(name).", mark)
        case .named(let section): named(value, section, name, mark)
        case nil: unknown(name, mark, tree, prefix)
        }
    }

    private mutating func named(_ node: Node, _ tree: SchemaTree, _ name: String, _ mark: Mark) {
        result.sections[name] = Origin(file: file, mark)
        guard case .mapping(let pairs, _) = node else {
            if !isNull(node) { fail(node.mark, name, "expected a mapping of names") }
            return
        }
        for case (.scalar(let entry, _, let mark), let value) in pairs {
            guard isName(entry) else {
                fail(mark, "\(name).\(shown(entry))", "expected a name of a-z, 0-9, _ and -, at most 63 characters")
                continue
            }
            if let section = NamedSection(rawValue: name) { result.names[section, default: []].append(entry) }
            section(value, tree, "\(name).\(entry).", mark)
        }
    }

    private mutating func unknown(_ name: String, _ mark: Mark, _ tree: SchemaTree, _ prefix: String) {
        let near = suggestion(for: name, among: tree.entries.keys.sorted())
        let elsewhere = SchemaTree.root.paths(endingIn: name).sorted()
        let hint =
            if let near {
                "did you mean \(near)?"
            } else if !elsewhere.isEmpty {
                "did you mean \(elsewhere.joined(separator: " or "))?"
            } else {
                "expected one of \(tree.entries.keys.sorted().joined(separator: ", "))"
            }
        fail(mark, prefix + shown(name), "unknown key; \(hint)")
    }

    private mutating func leaf(_ node: Node, _ kind: SchemaTree.Leaf, _ path: String) {
        result.keys.insert(path)
        guard !isNull(node) else { return }
        let key = kind.isSecretFile ? String(path.dropLast("_file".count)) : path
        let before = result.problems.count
        let value = raw(node, kind, path)
        if value == nil, result.problems.count > before || node.isRefused { result.broken.insert(key) }
        guard let value else { return }
        if result.values.updateValue(value, forKey: key) != nil {
            fail(node.mark, path, "expected either \(key) or \(key)_file, found both")
        }
    }

    private mutating func raw(_ node: Node, _ kind: SchemaTree.Leaf, _ path: String) -> RawValue? {
        switch (node, kind.shape) {
        case (.scalar, .scalar), (.scalar, .list):
            guard let scalar = scalar(node, path), scalar.text != "" else { return nil }
            guard kind.isSecretFile, let file = scalar.text else { return .scalar(scalar) }
            return .scalar(RawScalar(content: .secretFile(path: file), origin: scalar.origin))
        case (.sequence(let elements, let mark), .list):
            // Those that can be read are looked at as well, so that all that is wrong is told at once.
            let scalars = elements.compactMap { scalar($0, path) }
            return scalars.isEmpty && !elements.isEmpty ? nil : .list(scalars, Origin(file: file, mark))
        case (.mapping(let pairs, let mark), .map): return map(pairs, mark, path)
        case (.refused, _): return nil
        default:
            fail(node.mark, path, "expected \(kind.shape.expectation), found \(node.kind)")
            return nil
        }
    }

    private mutating func map(_ pairs: [(key: Node, value: Node)], _ mark: Mark, _ path: String) -> RawValue? {
        var values: [(name: String, value: RawScalar)] = []
        for case (.scalar(let name, _, _), let value) in pairs {
            guard let scalar = scalar(value, path), scalar.text != "" else { continue }
            values.append((name, scalar))
        }
        return values.isEmpty && !pairs.isEmpty ? nil : .map(values, Origin(file: file, mark))
    }

    /// A text with its variables filled in.
    private mutating func scalar(_ node: Node, _ path: String) -> RawScalar? {
        guard case .scalar(let text, _, let mark) = node else {
            if !node.isRefused { fail(node.mark, path, "expected a single value, found \(node.kind)") }
            return nil
        }
        do throws(Expected) {
            let filled = try isNull(node) ? "" : interpolation.fill(text)
            return RawScalar(content: .text(filled), origin: Origin(file: file, mark))
        } catch {
            fail(mark, path, error.message)
            return nil
        }
    }
}

/// A key's text where it can be a key's; a mistyped line can make a secret look like one.
private func shown(_ name: String) -> String {
    let isPlain = name.allSatisfy { $0.isLetter || $0.isASCII && $0.isNumber || " _-.".contains($0) }
    if name == "<<" { return name }
    return isPlain && (1...39).contains(name.count) ? name : "?"
}

/// YAML's ways of writing nothing.
private func isNull(_ node: Node) -> Bool {
    guard case .scalar(let text, .plain, _) = node else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
}

extension Node {
    fileprivate var isRefused: Bool {
        if case .refused = self { true } else { false }
    }

    fileprivate var kind: String {
        switch self {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .refused: "nothing"
        }
    }
}
