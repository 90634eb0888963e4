internal import Bytes

/// How near to the operator a value was set; the nearest wins.
enum Precedence: Int, Comparable, Sendable {
    case variable
    case file
    case azure
    case openID
    case standard

    static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
}

/// A value that won.
struct Resolved: Sendable {
    let raw: RawValue
    let precedence: Precedence
}

/// Decides for every key between the environment, the file and the default, and fills the model.
struct Resolver {
    let document: DocumentValues
    let environment: [String: String]
    /// Seconds since 1970.
    let now: Int
    let readFile: FileReader
    private(set) var problems: [ConfigurationProblem]
    /// The winners by full path, for the rules between keys.
    private(set) var resolved: [String: Resolved] = [:]
    /// What `check` shows.
    private(set) var effective: [EffectiveValue] = []
    /// Variables that mean something to us.
    private(set) var known: Set<String> = []

    init(
        document: DocumentValues, environment: [String: String], now: Int, readFile: @escaping FileReader
    ) {
        self.document = document
        self.environment = environment
        self.now = now
        self.readFile = readFile
        problems = document.problems
    }

    /// Notes a problem where `path` was set, or where it should have been.
    mutating func fail(_ path: String, _ message: String) {
        problems.append(ConfigurationProblem(origin(of: path), path, message))
    }

    /// Notes a problem about no key.
    mutating func fail(_ origin: Origin, _ message: String) {
        problems.append(ConfigurationProblem(origin, nil, message))
    }

    /// Reads the file that `path` names, once it is known to be wanted.
    mutating func file(_ name: String, for path: String) -> ConfiguredFile? {
        var reading = Reading(readFile: readFile)
        let bytes = reading.contents(of: name, origin(of: path))
        for mistake in reading.mistakes { fail(path, mistake.message) }
        guard let bytes, reading.mistakes.isEmpty else { return nil }
        return ConfiguredFile(path: name, contents: Secret(copying: bytes.span))
    }

    /// Where a key was set, or the nearest section around it.
    func origin(of path: String) -> Origin {
        if let resolved = resolved[path], resolved.precedence != .standard { return resolved.raw.origin }
        var parts = path.split(separator: ".")
        while !parts.isEmpty {
            if let origin = document.sections[parts.joined(separator: ".")] { return origin }
            parts.removeLast()
        }
        return .standard
    }

    /// Whether a key has a value that is not its default.
    func isSet(_ path: String) -> Bool {
        document.broken.contains(path) || resolved[path].map { $0.precedence != .standard } ?? false
    }

    /// Fills a model by its rows. Values that another one overrides are checked too, only their files are not read.
    mutating func fill<Root>(_ rows: [Row<Root>], _ prefix: String, _ root: inout Root, fallbacks: Bool = true) {
        for row in rows { fill(row, prefix + row.facts.path, &root, fallbacks: fallbacks) }
    }

    private mutating func fill<Root>(_ row: Row<Root>, _ path: String, _ root: inout Root, fallbacks: Bool) {
        let ours = variable(row.facts, path)
        var candidates: [Resolved] = []
        if let written = document.values[path] { candidates.append(Resolved(raw: written, precedence: .file)) }
        if let ours { candidates.append(Resolved(raw: ours, precedence: .variable)) }
        if candidates.isEmpty, !document.broken.contains(path) {
            candidates = (fallbacks ? fallback(row.facts, path) : nil).map { [$0] } ?? standard(row.facts)
        }
        for (position, candidate) in candidates.enumerated() {
            let isWinner = position == candidates.count - 1
            store(candidate, row, path, &root, isWinner: isWinner)
            if isWinner { resolved[path] = candidate }
        }
        if candidates.isEmpty { missing(row.facts, path) }
        effective.append(EffectiveValue(path, row.facts, resolved[path]))
    }

    private mutating func store<Root>(
        _ candidate: Resolved, _ row: Row<Root>, _ path: String, _ root: inout Root, isWinner: Bool
    ) {
        var reading = Reading(readFile: isWinner ? readFile : nil)
        row.store(candidate.raw, &root, &reading)
        for mistake in reading.mistakes {
            problems.append(ConfigurationProblem(mistake.origin, path, mistake.message))
        }
    }

    private mutating func missing(_ facts: KeyFacts, _ path: String) {
        guard case .required = facts.presence, !document.broken.contains(path) else { return }
        let variable = KeyName.variable(of: path)
        problems.append(
            ConfigurationProblem(origin(of: path), path, "required; set it in the file or by \(variable)"))
    }

    private func standard(_ facts: KeyFacts) -> [Resolved] {
        guard case .standard(let text) = facts.presence else { return [] }
        let scalar = RawScalar(content: .text(text), origin: .standard)
        return [Resolved(raw: .scalar(scalar), precedence: .standard)]
    }

    /// The value of the key's own variable.
    private mutating func variable(_ facts: KeyFacts, _ path: String) -> RawValue? {
        guard KeyName.hasVariable(facts) else { return nil }
        return scalar(KeyName.variable(of: path), facts, path).map { .scalar($0) }
    }

    /// The first of the rows' fallback variables that is set.
    private mutating func fallback(_ facts: KeyFacts, _ path: String) -> Resolved? {
        for fallback in facts.fallbacks {
            guard let scalar = scalar(fallback.variable, facts, path) else { continue }
            let content = scalar.text.map { RawScalar.Content.text(fallback.text($0, environment)) } ?? scalar.content
            let precedence: Precedence = fallback.variable.hasPrefix("AZURE_") ? .azure : .openID
            return Resolved(raw: .scalar(RawScalar(content: content, origin: scalar.origin)), precedence: precedence)
        }
        return nil
    }

    /// A variable's text; a secret's may be in the file that `<VARIABLE>_FILE` names.
    private mutating func scalar(_ name: String, _ facts: KeyFacts, _ path: String) -> RawScalar? {
        known.insert(name)
        let text = environment[name].flatMap(nonEmpty)
        guard facts.isSecret else { return text.map { RawScalar(content: .text($0), origin: .variable(name)) } }
        known.insert(name + "_FILE")
        let file = environment[name + "_FILE"].flatMap(nonEmpty)
        if text != nil, file != nil {
            let message = "expected either \(name) or \(name)_FILE, found both"
            problems.append(ConfigurationProblem(.variable(name), path, message))
        }
        if let file {
            return RawScalar(content: .secretFile(path: file), origin: .variable(name + "_FILE"))
        }
        return text.map { RawScalar(content: .text($0), origin: .variable(name)) }
    }

    /// Replaces what `check` shows for a key whose value follows from other keys, or is not as it was written.
    mutating func show(_ path: String, _ value: String) {
        guard let index = effective.firstIndex(where: { $0.key == path }) else { return }
        effective[index] = EffectiveValue(key: path, value: value, origin: effective[index].origin)
    }
}
