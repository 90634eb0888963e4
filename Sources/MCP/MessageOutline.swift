/// A JSON-RPC message without what its members nest, put together while the message passes: enough to answer under its
/// id when it is too large to be held. What the message nests is not checked.
package struct MessageOutline: Sendable {
    /// The longest outline, in bytes. A message with more outside of its arguments is none that anybody sends.
    static let longest = 4 << 10

    private var text: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    package init() {}

    /// Follows the next bytes.
    package mutating func feed(_ bytes: Span<UInt8>) {
        guard text.count <= Self.longest else { return }
        for i in bytes.indices {
            let (byte, before) = (bytes[i], depth)
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else {
                step(byte)
            }
            guard min(before, depth) <= 1 else { continue }
            text.append(byte)
            if text.count > Self.longest { return }
        }
    }

    private mutating func step(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth &-= 1
        default: break
        }
    }

    /// The message of which all was fed, as far as a refusal has to know it; a batch of messages is unreadable. So is one
    /// whose id nests something, since that is not here.
    package var envelope: Envelope {
        guard text.count <= Self.longest, case let envelope = Envelope.read(text.span) else { return .unreadable }
        if case .request(let id, _) = envelope, let first = id.bytes.first, first == 0x7b || first == 0x5b {
            return .unreadable
        }
        return envelope
    }

    /// The outline as a message of its own; nil where there is no call that could be answered.
    package var message: [UInt8]? {
        if case .request = envelope { text } else { nil }
    }
}
