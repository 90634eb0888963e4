package import JSON

/// JSON-RPC 2.0 messages as MCP uses them.
package enum RPC {
    /// A request; a nil id makes it a notification.
    package static func request(_ method: String, id: Int64?, _ params: JSON? = nil) -> JSON {
        var message: JSON.Object = ["jsonrpc": .string("2.0")]
        if let id { message["id"] = .integer(id) }
        message["method"] = .string(method)
        if let params { message["params"] = params }
        return .object(message)
    }

    /// The answer to the request with that id.
    static func result(_ id: JSON, _ result: JSON) -> JSON {
        .object(["jsonrpc": .string("2.0"), "id": id, "result": result])
    }

    /// A failed request.
    static func error(_ id: JSON, _ code: Int64, _ message: String) -> JSON {
        let error: JSON = .object(["code": .integer(code), "message": .string(message)])
        return .object(["jsonrpc": .string("2.0"), "id": id, "error": error])
    }

    /// A tool's answer: one text and the same as structured content.
    static func toolResult(_ text: String, _ structured: JSON) -> JSON {
        .object([
            "content": .array([.object(["type": .string("text"), "text": .string(text)])]),
            "structuredContent": structured, "isError": .bool(false),
        ])
    }
}
