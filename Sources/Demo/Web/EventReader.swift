internal import JSON

/// Finds the messages in an event stream that comes in parts.
struct EventReader {
    private var unread: [UInt8] = []

    /// Takes the next part.
    /// - Returns: the messages that are whole now.
    mutating func read(_ part: [UInt8]) -> [JSON] {
        unread += part.filter { $0 != UInt8(ascii: "\r") }
        var messages: [JSON] = []
        while let end = endOfEvent {
            if let message = EventReader.message(unread[..<end]) { messages.append(message) }
            unread.removeFirst(end + 2)
        }
        return messages
    }

    private var endOfEvent: Int? {
        unread.indices.dropLast().first { unread[$0] == 10 && unread[$0 + 1] == 10 }
    }

    /// Comments and events without data, such as keep-alives, are no messages.
    private static func message(_ event: ArraySlice<UInt8>) -> JSON? {
        let lines = String(decoding: event, as: UTF8.self).split(separator: "\n")
        let data = lines.filter { $0.hasPrefix("data:") }.map { $0.dropFirst(5).drop { $0 == " " } }
        return try? JSON.parse(Array(data.joined(separator: "\n").utf8).span)
    }
}
