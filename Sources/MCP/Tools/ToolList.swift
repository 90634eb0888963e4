internal import JSON

/// An answer that may list tools cannot be shown: nobody can tell what is in it.
package struct UnreadableList: Error, Equatable {}

extension ToolRules {
    /// Takes the tools that may not be seen out of a server's message, or out of each in a batch. All other bytes stay
    /// as they are. A tool whose name cannot be read goes too.
    ///
    /// - Parameter text: a whole JSON text.
    /// - Returns: nil when nothing has to go.
    package func filter(_ text: Span<UInt8>) throws(UnreadableList) -> [UInt8]? {
        do {
            var filter = ListFilter(rules: self)
            try filter.read(text)
            return filter.finish(text)
        } catch { throw UnreadableList() }
    }
}

/// Copies a text without the tools that must not be seen.
private struct ListFilter {
    let rules: ToolRules
    private var kept: [UInt8] = []
    /// Up to where the text has been copied or left out.
    private var done = 0

    /// How deep the schemas of tools may nest.
    private static let limits = JSON.Limits(depth: 256, bytes: .max, values: .max)

    init(rules: ToolRules) { self.rules = rules }

    mutating func read(_ text: Span<UInt8>) throws(JSON.Fault) {
        var scanner = try JSON.Scanner(text, limits: Self.limits)
        if try scanner.next(text) == .array {
            try scanner.enter(text)
            while try scanner.element(text) { try message(text, try scanner.skip(text)) }
        } else {
            try message(text, try scanner.skip(text))
        }
        try scanner.finish(text)
    }

    /// The text as it may be shown; nil when that is all of it.
    func finish(_ text: Span<UInt8>) -> [UInt8]? {
        guard done > 0 else { return nil }
        var whole = kept
        whole.append(text, done..<text.count)
        return whole
    }

    /// A message is a list when it has `result.tools`, whoever asked for it: on a resumed stream nobody can tell. MCP's
    /// results are objects; in any other there may be tools for a reader who is not strict.
    private mutating func message(_ text: Span<UInt8>, _ place: Range<Int>) throws(JSON.Fault) {
        guard let result = try member("result", of: text, place) else { return }
        guard text[result.lowerBound] == UInt8(ascii: "{") else { throw .unexpectedByte(at: result.lowerBound) }
        guard let tools = try member("tools", of: text, result) else { return }
        var scanner = try JSON.Scanner(text.extracting(tools), limits: Self.limits)
        guard try scanner.next(text.extracting(tools)) == .array else {
            throw .unexpectedByte(at: tools.lowerBound)
        }
        try list(text, tools, &scanner)
    }

    private mutating func list(
        _ text: Span<UInt8>, _ place: Range<Int>, _ scanner: inout JSON.Scanner
    ) throws(JSON.Fault) {
        let part = text.extracting(place)
        var (count, shown) = (0, [Range<Int>]())
        try scanner.enter(part)
        while try scanner.element(part) {
            let tool = try scanner.skip(part).moved(by: place.lowerBound)
            count &+= 1
            if try isPermitted(text, tool) { shown.append(tool) }
        }
        guard shown.count < count else { return }
        kept.append(text, done..<place.lowerBound)
        kept.append(UInt8(ascii: "["))
        for (index, tool) in shown.enumerated() {
            if index > 0 { kept.append(UInt8(ascii: ",")) }
            kept.append(text, tool)
        }
        kept.append(UInt8(ascii: "]"))
        done = place.upperBound
    }

    private func isPermitted(_ text: Span<UInt8>, _ tool: Range<Int>) throws(JSON.Fault) -> Bool {
        guard let place = try member("name", of: text, tool), let name = try JSON.string(text, place) else {
            return false
        }
        return rules.permits(name)
    }

    private func member(_ name: String, of text: Span<UInt8>, _ place: Range<Int>) throws(JSON.Fault) -> Range<Int>? {
        try JSON.members([name], of: text.extracting(place))?[0]?.moved(by: place.lowerBound)
    }
}

extension Range<Int> {
    fileprivate func moved(by offset: Int) -> Range<Int> { (lowerBound &+ offset)..<(upperBound &+ offset) }
}

extension [UInt8] {
    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) {
        for i in range { append(text[i]) }
    }
}
