import MCP

/// The laws of what is known of a message that passes without being held.
struct OutlineLaws {
    let splits: Int

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        let whole = outline(bytes, cutAt: [])
        let step = max(1, bytes.count / max(1, splits))
        for cut in stride(from: 0, through: bytes.count, by: step) where outline(bytes, cutAt: [cut]) != whole {
            return "a split message has another outline"
        }
        // What a refusal would find in the whole it finds in the outline, if it is sure of it.
        guard bytes.count <= 4096, case let read = Envelope.read(bytes.span), isOne(read) else { return nil }
        return whole == read ? nil : "an outline says something else than its message"
    }

    private func outline(_ bytes: [UInt8], cutAt cuts: [Int]) -> Envelope {
        var outline = MessageOutline()
        var start = 0
        for end in cuts + [bytes.count] {
            outline.feed(bytes.span.extracting(start..<end))
            start = end
        }
        return outline.envelope
    }

    /// Whether it is a single message, with an id that nests nothing.
    private func isOne(_ envelope: Envelope) -> Bool {
        switch envelope {
        case .request(let id, _): id.bytes.first != UInt8(ascii: "{") && id.bytes.first != UInt8(ascii: "[")
        case .notification, .response: true
        case .batch, .unreadable: false
        }
    }
}
