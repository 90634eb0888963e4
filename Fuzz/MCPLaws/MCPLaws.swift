import JSON
import MCP

/// What must hold for any input at all. The fuzzer and the corpus test call the same function.
package enum MCPLaws {
    /// - Parameter splits: at how many places the input is cut in two; all, if there are not more.
    /// - Returns: the law that `input` breaks, nil for none.
    package static func firstBroken(by input: Span<UInt8>, splits: Int) -> StaticString? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count)
        for i in input.indices { bytes.append(input[i]) }
        return textLaw(bytes) ?? limitLaw(bytes) ?? callLaw(bytes) ?? listLaw(bytes)
            ?? EventLaws(splits: splits).firstBroken(by: bytes) ?? EndpointLaws(splits: splits).firstBroken(by: bytes)
            ?? WatchLaws(splits: splits).firstBroken(by: bytes) ?? OutlineLaws(splits: splits).firstBroken(by: bytes)
    }

    static let rules = ToolRules(allow: ["search_*", "a?"], deny: ["*x"])

    static func parse(_ bytes: [UInt8]) -> JSON? { try? JSON.parse(bytes.span) }

    /// What was read comes back when it is written and read again.
    private static func textLaw(_ bytes: [UInt8]) -> StaticString? {
        guard let tree = parse(bytes) else { return nil }
        return parse(tree.bytes) == tree ? nil : "a text does not come back"
    }

    /// A bound refuses what is beyond it and nothing else.
    private static func limitLaw(_ bytes: [UInt8]) -> StaticString? {
        let tree = parse(bytes)
        let limits = JSON.Limits(depth: 3, bytes: 100, values: 12)
        let isWithin = tree.map { bytes.count <= 100 && depth($0) <= 3 && values($0) <= 12 } ?? false
        let bounded = try? JSON.parse(bytes.span, limits: limits)
        return bounded == (isWithin ? tree : nil) ? nil : "a bound of JSON does not hold"
    }

    private static func parts(_ tree: JSON) -> [JSON] { tree.array ?? tree.object?.members.map(\.value) ?? [] }

    private static func values(_ tree: JSON) -> Int { parts(tree).reduce(1) { $0 + values($1) } }

    private static func depth(_ tree: JSON) -> Int {
        guard tree.array != nil || tree.object != nil else { return 0 }
        return 1 + (parts(tree).map(depth).max() ?? 0)
    }

    /// Nothing that is let through calls a tool that must not be called, for a reader of another make.
    private static func callLaw(_ bytes: [UInt8]) -> StaticString? {
        var asksForTools = false
        do throws(Refusal) { asksForTools = try rules.judge(bytes.span, PostedHead()) } catch {
            return error == .badRequest || error == .toolNotAllowed ? nil : "another refusal"
        }
        guard Envelope.read(bytes.span).isReadable else { return "a message is let through that is none" }
        guard let tree = parse(bytes) else { return nil }
        let messages = tree.array ?? [tree]
        for message in messages where message["method"]?.string == "tools/call" {
            guard let name = message["params"]?["name"]?.string, rules.permits(name) else {
                return "a call slips through"
            }
        }
        let lists = messages.contains { $0["method"]?.string == "tools/list" }
        return lists == asksForTools ? nil : "a list is not recognised"
    }

    /// A filtered text is one still, shows what it may and nothing else, and has nothing more to be taken out.
    private static func listLaw(_ bytes: [UInt8]) -> StaticString? {
        let tree = parse(bytes)
        let shown: [UInt8]?
        do throws(UnreadableList) { shown = try rules.filter(bytes.span) } catch { return nil }
        if let tree, parse(shown ?? bytes) != filtered(tree) { return "a list is not what may be seen of it" }
        guard let shown else { return nil }
        do throws(UnreadableList) {
            return try rules.filter(shown.span) == nil ? nil : "a filtered list is filtered again"
        } catch { return "a filtered list cannot be read" }
    }

    /// The same by the tree.
    private static func filtered(_ tree: JSON) -> JSON {
        if case .array(let messages) = tree { return .array(messages.map(filteredMessage)) }
        return filteredMessage(tree)
    }

    private static func filteredMessage(_ message: JSON) -> JSON {
        guard var object = message.object, var result = object["result"]?.object, let tools = result["tools"]?.array
        else {
            return message
        }
        result["tools"] = .array(tools.filter { $0["name"]?.string.map(rules.permits) ?? false })
        object["result"] = .object(result)
        return .object(object)
    }
}
