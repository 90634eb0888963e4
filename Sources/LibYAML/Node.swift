/// A place in a document. Line and column count from 1, columns in characters.
package struct Mark: Hashable, Sendable, Comparable {
    /// The line, from 1.
    package let line: Int
    /// The column, from 1.
    package let column: Int

    /// - Parameters: both from 1.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Document order.
    package static func < (a: Mark, b: Mark) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// How a scalar was written. An empty or `null` scalar means "no value" only when it is plain.
package enum ScalarStyle: Hashable, Sendable {
    /// Without quotes.
    case plain
    /// Quoted, or a block scalar (`|`, `>`).
    case quoted
}

/// One node of a document: a closed tree without anchors, tags or types. What a scalar's text means is the
/// reader's business.
package indirect enum Node: Sendable {
    /// Text.
    case scalar(String, ScalarStyle, Mark)
    /// A list.
    case sequence([Node], Mark)
    /// Key and value pairs in document order; keys are scalars and differ.
    case mapping([(key: Node, value: Node)], Mark)
    /// Stands where something refused was (an alias, an anchored or tagged node); a fault says what.
    case refused(Mark)

    /// Where the node begins.
    package var mark: Mark {
        switch self {
        case .scalar(_, _, let mark), .sequence(_, let mark), .mapping(_, let mark), .refused(let mark): mark
        }
    }
}
