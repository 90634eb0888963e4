internal import Bytes

/// What a POST's head says of its body: all by which a server might read another message than the one that was judged.
package struct PostedHead: Sendable {
    /// Of each `Content-Type`.
    package var contentTypes: [[UInt8]] = []
    /// Whether there is a `Content-Encoding`: bytes can be one JSON text as they are and another one inflated.
    package var isEncoded = false
    /// Of each `Mcp-Method` (MCP 2026-07-28).
    package var methods: [[UInt8]] = []
    /// Of each `Mcp-Name` (MCP 2026-07-28).
    package var names: [[UInt8]] = []

    package init() {}

    /// Whether the body is to be read as JSON in UTF-8. Some servers decode it by `charset`, and in UTF-7 the text may
    /// be another one.
    var promisesJSON: Bool {
        guard !isEncoded, contentTypes.count <= 1 else { return false }
        guard let value = contentTypes.first else { return true }
        let parts = String(decoding: value, as: UTF8.self).lowercased()
            .split(separator: ";", omittingEmptySubsequences: false).map { $0.filter { $0 != " " && $0 != "\t" } }
        return parts.first == "application/json"
            && parts.dropFirst().allSatisfy {
                !$0.hasPrefix("charset") || ["charset=utf-8", "charset=\"utf-8\""].contains($0)
            }
    }

    /// Whether the fields that repeat parts of the message agree with it. Gateways route by them (MCP 2026-07-28
    /// answers a contradiction with 400 and -32020).
    func agrees(with messages: [PostedMessage], isBatch: Bool) -> Bool {
        guard methods.count <= 1, names.count <= 1 else { return false }
        if let method = methods.first {
            guard !isBatch, let said = messages.first?.method, Self.says(method, said) else { return false }
        }
        guard let name = names.first else { return true }
        return messages.allSatisfy { $0.tool.map { Self.says(name, $0) } ?? true }
    }

    /// A value as it is, or in base64 between `=?base64?` and `?=`.
    private static func says(_ value: [UInt8], _ text: String) -> Bool {
        let sentinel = Array("=?base64?".utf8)
        guard value.starts(with: sentinel) else { return value == Array(text.utf8) }
        let encoded = ByteBuffer()
        encoded.append(sentinel)
        encoded.appendBase64(text.utf8.span)
        encoded.append("?=" as StaticString)
        return value == encoded.bytes
    }
}
