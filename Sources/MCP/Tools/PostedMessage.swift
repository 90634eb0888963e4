internal import JSON

/// A message of a client's as far as tool rules have to know it, read so that no other reader can see another call in it.
struct PostedMessage: Equatable {
    /// nil for an answer to the server.
    var method: String?
    /// The tool that it calls.
    var tool: String?

    /// How deep arguments may nest.
    static let limits = JSON.Limits(depth: 64, bytes: .max, values: .max)

    var isCall: Bool { tool != nil }
    var isList: Bool { method == "tools/list" }

    /// Reads a whole body: one message, or a batch of them (MCP 2025-03-26).
    /// - Returns: nil for anything that is not certain.
    static func read(_ bytes: Span<UInt8>) -> (messages: [PostedMessage], isBatch: Bool)? {
        do {
            var scanner = try JSON.Scanner(bytes, limits: limits)
            let isBatch = try scanner.next(bytes) == .array
            let messages = isBatch ? try batch(bytes, &scanner) : [try message(bytes, &scanner)]
            try scanner.finish(bytes)
            let certain = messages.compactMap { $0 }
            return certain.isEmpty || certain.count < messages.count ? nil : (certain, isBatch)
        } catch { return nil }
    }

    private static func batch(
        _ bytes: Span<UInt8>, _ scanner: inout JSON.Scanner
    ) throws(JSON.Fault) -> [PostedMessage?] {
        try scanner.enter(bytes)
        var messages: [PostedMessage?] = []
        while try scanner.element(bytes) {
            guard messages.count < Envelope.longestBatch else { throw .tooManyValues }
            _ = try scanner.next(bytes)
            messages.append(try message(bytes, &scanner))
        }
        return messages
    }

    /// Reads the message that the scanner has announced.
    private static func message(
        _ bytes: Span<UInt8>, _ scanner: inout JSON.Scanner
    ) throws(JSON.Fault) -> PostedMessage? {
        guard scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: "{") else {
            throw .unexpectedByte(at: scanner.position)
        }
        let places = try scanner.members(["jsonrpc", "id", "method", "params", "result", "error"], bytes)
        guard let version = places[0], try JSON.string(bytes, version) == "2.0" else { return nil }
        let answers = places[4] != nil || places[5] != nil
        guard let place = places[2] else { return answers ? PostedMessage() : nil }
        guard !answers, let method = try JSON.string(bytes, place), isPlain(method) else { return nil }
        guard method == "tools/call" else { return PostedMessage(method: method) }
        guard let params = places[3], let tool = try tool(in: bytes.extracting(params)) else { return nil }
        return PostedMessage(method: method, tool: tool)
    }

    /// A name with a control character is none: a server that ends texts at NUL would call another tool.
    private static func tool(in params: Span<UInt8>) throws(JSON.Fault) -> String? {
        guard let places = try JSON.members(["name"], of: params), let place = places[0],
            let name = try JSON.string(params, place), name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return name
    }

    /// Methods are words of visible ASCII; one that could be taken for a call of a tool by a reader that ignores case
    /// is none of them.
    private static func isPlain(_ method: String) -> Bool {
        method.utf8.allSatisfy { 0x21...0x7e ~= $0 }
            && !["tools/call", "tools/list"].contains { method.isLookalike(of: $0) && !method.isExactly($0) }
    }
}
