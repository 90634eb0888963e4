import LibYAML
import Testing

/// A readable spelling of a tree: `text@line:column`, quoted text in quotes.
private func spell(_ node: Node?) -> String {
    switch node {
    case nil: "-"
    case .scalar(let text, .plain, let mark): "\(text)@\(mark.line):\(mark.column)"
    case .scalar(let text, .quoted, let mark): "'\(text)'@\(mark.line):\(mark.column)"
    case .sequence(let elements, let mark):
        "[\(elements.map(spell).joined(separator: ", "))]@\(mark.line):\(mark.column)"
    case .mapping(let pairs, let mark):
        "{\(pairs.map { "\(spell($0.key)): \(spell($0.value))" }.joined(separator: ", "))}@\(mark.line):\(mark.column)"
    case .refused(let mark): "refused@\(mark.line):\(mark.column)"
    }
}

private func read(_ text: String, _ limits: YAMLLimits = YAMLLimits()) -> YAMLDocument {
    YAMLDocument(Array(text.utf8).span, limits: limits)
}

@Suite struct `A YAML document` {
    @Test(arguments: [
        ("", "-"),
        ("# only a comment\n", "-"),
        ("a: b", "{a@1:1: b@1:4}@1:1"),
        ("---\na: b\n...\n", "{a@2:1: b@2:4}@2:1"),
        ("a:\nb: ''\n", "{a@1:1: @1:3, b@2:1: ''@2:4}@1:1"),
        ("a: [1, \"x\"]\n", "{a@1:1: [1@1:5, 'x'@1:8]@1:4}@1:1"),
        ("a:\n  - x\n  - y\n", "{a@1:1: [x@2:5, y@3:5]@2:3}@1:1"),
        ("a: |\n  one\n  two\n", "{a@1:1: 'one\ntwo\n'@1:4}@1:1"),
        ("é: ü # c\n", "{é@1:1: ü@1:4}@1:1"),
        ("\u{FEFF}a: b\n", "{a@1:1: b@1:4}@1:1"),
        ("url: ${A:-x}\n", "{url@1:1: ${A:-x}@1:6}@1:1"),
    ])
    func `is a tree with marks`(text: String, tree: String) {
        let document = read(text)
        #expect(spell(document.root) == tree)
        #expect(document.faults.isEmpty)
    }

    @Test(arguments: [
        ("a: *b\n", [YAMLFault(kind: .alias, mark: Mark(line: 1, column: 4))], "{a@1:1: refused@1:4}@1:1"),
        ("a: &b c\n", [YAMLFault(kind: .anchor, mark: Mark(line: 1, column: 4))], "{a@1:1: refused@1:4}@1:1"),
        ("a: !!str c\n", [YAMLFault(kind: .tag, mark: Mark(line: 1, column: 4))], "{a@1:1: refused@1:4}@1:1"),
        ("a:\n  <<: {b: c}\n", [YAMLFault(kind: .mergeKey, mark: Mark(line: 2, column: 3))], "{a@1:1: {}@2:3}@1:1"),
        (
            "a: 1\nb: 2\na: 3\n",
            [YAMLFault(kind: .duplicateKey(first: Mark(line: 1, column: 1)), mark: Mark(line: 3, column: 1))],
            "{a@1:1: 1@1:4, b@2:1: 2@2:4}@1:1"
        ),
        ("[a]: b\n", [YAMLFault(kind: .keyIsNoScalar, mark: Mark(line: 1, column: 1))], "{}@1:1"),
        ("a: b\n---\nc: d\n", [YAMLFault(kind: .secondDocument, mark: Mark(line: 2, column: 1))], "{a@1:1: b@1:4}@1:1"),
    ])
    func `keeps what is sound beside what is refused`(text: String, faults: [YAMLFault], tree: String) {
        let document = read(text)
        #expect(document.faults.map(\.kind) == faults.map(\.kind))
        #expect(document.faults.map(\.mark) == faults.map(\.mark))
        #expect(spell(document.root) == tree)
    }

    @Test func `lists every fault in document order`() {
        let document = read("a: *x\nb: &y 1\nb: 2\nc: !t 3\n")
        #expect(document.faults.map(\.mark.line) == [1, 2, 3, 4])
    }

    @Test func `says which keys lead to a fault`() {
        let document = read("a: {b: [*x, {c: &y 1}], b: 2}\n&z d: 1\n[e]: 2\n")
        #expect(document.faults.map(\.path) == [["a", "b"], ["a", "b", "c"], ["a", "b"], [], [""]])
    }

    @Test(arguments: [
        ("a: [1, 2\n", 2, 1), ("a: b: c\n", 1, 5), ("\ta: b\n", 1, 1), ("a: \"x\n", 2, 1), ("a: 1\n b: 2\n", 2, 3),
        ("a: b\nc: \u{1}\n", 2, 4), ("a: @x\n", 1, 4),
    ])
    func `has one syntax fault with its place`(text: String, line: Int, column: Int) {
        let document = read(text)
        #expect(document.root == nil)
        #expect(document.faults.map(\.mark) == [Mark(line: line, column: column)])
    }

    @Test func `must be UTF-8`() {
        let document = YAMLDocument(([0x61, 0x3A, 0x20, 0xFF, 0xFE] as [UInt8]).span)
        #expect(document.root == nil)
        #expect(document.faults.map(\.mark) == [Mark(line: 1, column: 4)])
    }

    @Test(arguments: [
        "client_secret: hunter2: x", "a: \"hunter2", "hunter2: [", "a: &hunter2 x", "a: !hunter2 x", "a: *hunter2",
    ])
    func `never shows its text in a fault`(text: String) {
        let document = read(text)
        #expect(!document.faults.isEmpty)
        #expect(!document.faults.map(\.description).joined().contains("hunter2"))
    }

    @Test func `is bounded in depth`() {
        #expect(read(String(repeating: "[", count: 31) + String(repeating: "]", count: 31)).faults.isEmpty)
        #expect(read(String(repeating: "[", count: 32)).faults.map(\.kind) == [.tooDeep])
        #expect(read(String(repeating: "{a: ", count: 100_000)).faults.map(\.kind) == [.tooDeep])
    }

    @Test func `is bounded in nodes and bytes`() {
        var limits = YAMLLimits()
        limits.nodes = 10
        #expect(read("[1, 2, 3, 4, 5, 6, 7, 8]", limits).faults.isEmpty)
        #expect(read("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", limits).faults.map(\.kind) == [.tooManyNodes])
        limits.bytes = 9
        #expect(read("[1, 2, 3]", limits).faults.isEmpty)
        #expect(read("[1, 2, 3] ", limits).faults.map(\.kind) == [.tooLarge])
    }

    @Test func `comes from a known libyaml`() {
        #expect(LibYAMLVersion.text.split(separator: ".").count == 3)
    }
}
