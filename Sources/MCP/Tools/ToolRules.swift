/// Which of a server's tools its users may see and call.
package struct ToolRules: Sendable, Equatable {
    /// The longest name that any rule lets through, in bytes; MCP 2025-11-25 asks servers for at most 128.
    package static let longestName = 256

    private let allow: [ToolPattern]?
    private let deny: [ToolPattern]

    /// - Parameters:
    ///   - allow: the tools that may be used: none for an empty list, all for nil.
    ///   - deny: the tools that may not, whatever `allow` says.
    package init(allow: [String]?, deny: [String]) {
        self.allow = allow.map { $0.map { ToolPattern($0) } }
        self.deny = deny.map { ToolPattern($0) }
    }

    /// Whether the tool of that name may be seen and called.
    package func permits(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count <= Self.longestName, !deny.contains(where: { $0.matches(bytes.span) }) else { return false }
        return allow?.contains { $0.matches(bytes.span) } ?? true
    }
}
