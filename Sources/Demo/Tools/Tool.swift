internal import JSON

/// The tools of the demo's MCP server.
enum Tool: String, CaseIterable {
    case whoami
    case slowCount = "slow_count"

    private var description: String {
        switch self {
        case .whoami: "Says for whom and for which audience the token is that this server was called with."
        case .slowCount: "Counts slowly and reports its progress."
        }
    }

    private var inputSchema: JSON {
        switch self {
        case .whoami: .object(["type": .string("object")])
        case .slowCount:
            .object([
                "type": .string("object"),
                "properties": .object(["steps": .object(["type": .string("integer")])]),
            ])
        }
    }

    /// The result of `tools/list`.
    static var list: JSON {
        let tools = allCases.map { tool in
            JSON.object([
                "name": .string(tool.rawValue), "description": .string(tool.description),
                "inputSchema": tool.inputSchema,
            ])
        }
        return .object(["tools": .array(tools)])
    }
}
