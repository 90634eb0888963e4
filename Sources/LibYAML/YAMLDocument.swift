/// One document as a tree, with everything that was wrong with it.
///
/// Aliases, anchors, merge keys, tags, duplicate keys and further documents are faults that leave the rest
/// readable, so that an operator sees all of a file's errors at once. Syntax errors and limits end the reading.
package struct YAMLDocument: Sendable {
    /// The tree; nil for an empty document or when the reading ended early.
    package let root: Node?
    /// All faults in document order.
    package let faults: [YAMLFault]

    /// Reads `bytes` (UTF-8).
    package init(_ bytes: Span<UInt8>, limits: YAMLLimits = YAMLLimits()) {
        guard bytes.count <= limits.bytes else {
            root = nil
            faults = [YAMLFault(kind: .tooLarge, mark: Mark(line: 1, column: 1))]
            return
        }
        // A byte order mark would count as a column.
        let marked = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        let text = bytes.extracting(droppingFirst: marked ? 3 : 0)
        var composer = Composer(reader: EventReader(copying: text), limits: limits)
        root = composer.document()
        faults = composer.faults.sorted { $0.mark < $1.mark }
    }
}

/// Builds the tree from events.
private struct Composer {
    let reader: EventReader
    let limits: YAMLLimits
    var faults: [YAMLFault] = []
    var nodes = 0
    /// The keys around the node that is being read.
    var path: [String] = []

    init(reader: EventReader, limits: YAMLLimits) {
        self.reader = reader
        self.limits = limits
    }

    mutating func document() -> Node? {
        do throws(YAMLFault) {
            _ = try reader.next()
            guard case (.document, _) = try reader.next() else { return nil }
            let root = try node(depth: 1)
            _ = try reader.next()
            let (event, mark) = try reader.next()
            if case .document = event { refuse(.secondDocument, mark) }
            return root
        } catch {
            faults.append(error)
            return nil
        }
    }

    /// The next node; nil at the end of the collection that it would be in.
    private mutating func node(depth: Int) throws(YAMLFault) -> Node? {
        let (event, mark) = try reader.next()
        nodes += 1
        guard nodes <= limits.nodes else { throw YAMLFault(kind: .tooManyNodes, mark: mark) }
        switch event {
        case .scalar(let text, let style, let properties):
            return accepts(properties, mark) ? .scalar(text, style, mark) : .refused(mark)
        case .sequence(let properties):
            let elements = try elements(depth: depth, mark)
            return accepts(properties, mark) ? .sequence(elements, mark) : .refused(mark)
        case .mapping(let properties):
            let pairs = try pairs(depth: depth, mark)
            return accepts(properties, mark) ? .mapping(pairs, mark) : .refused(mark)
        case .alias:
            refuse(.alias, mark)
            return .refused(mark)
        case .end, .document, .stream, .endOfStream: return nil
        }
    }

    private mutating func elements(depth: Int, _ mark: Mark) throws(YAMLFault) -> [Node] {
        guard depth < limits.depth else { throw YAMLFault(kind: .tooDeep, mark: mark) }
        var elements: [Node] = []
        while let element = try node(depth: depth + 1) { elements.append(element) }
        return elements
    }

    private mutating func pairs(depth: Int, _ mark: Mark) throws(YAMLFault) -> [(key: Node, value: Node)] {
        guard depth < limits.depth else { throw YAMLFault(kind: .tooDeep, mark: mark) }
        var pairs: [(key: Node, value: Node)] = []
        var seen: [String: Mark] = [:]
        while let key = try node(depth: depth + 1) {
            path.append(key.text)
            let isNew = isNew(key, &seen)
            let value = try node(depth: depth + 1)
            path.removeLast()
            if isNew, let value { pairs.append((key, value)) }
        }
        return pairs
    }

    private mutating func isNew(_ key: Node, _ seen: inout [String: Mark]) -> Bool {
        switch key {
        case .scalar("<<", .plain, let mark): refuse(.mergeKey, mark)
        case .scalar(let text, _, let mark):
            guard let first = seen[text] else {
                seen[text] = mark
                return true
            }
            refuse(.duplicateKey(first: first), mark)
        case .sequence(_, let mark), .mapping(_, let mark): refuse(.keyIsNoScalar, mark)
        case .refused: break
        }
        return false
    }

    private mutating func accepts(_ properties: Event.Properties, _ mark: Mark) -> Bool {
        if properties.anchored { refuse(.anchor, mark) }
        if properties.tagged { refuse(.tag, mark) }
        return !properties.anchored && !properties.tagged
    }

    private mutating func refuse(_ kind: YAMLFault.Kind, _ mark: Mark) {
        faults.append(YAMLFault(kind: kind, mark: mark, path: path))
    }
}

extension Node {
    /// A scalar's text.
    fileprivate var text: String {
        if case .scalar(let text, _, _) = self { text } else { "" }
    }
}
