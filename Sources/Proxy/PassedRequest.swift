internal import Bytes
internal import MCP

/// What is kept of a request whose body is forwarded as it comes. Until the server has spoken, nobody knows whether it is
/// wanted once more, to be sent again or for its id: a small one is kept whole, of a large one what a refusal has to know.
struct PassedRequest {
    /// The largest body that is kept, in bytes.
    static let mostHeld = 64 * 1024

    /// Head and body, out of its chunks; nil once it is too much.
    private(set) var whole: ByteBuffer?
    private(set) var outline = MessageOutline()
    private let headCount: Int

    /// - Parameter head: nil for a body that is known to be too much.
    init(head: ByteBuffer?) {
        whole = head
        headCount = head?.count ?? 0
    }

    /// Notes a piece of the body that has passed.
    mutating func add(_ piece: Span<UInt8>) {
        outline.feed(piece)
        guard let whole else { return }
        if whole.count &- headCount &+ piece.count > Self.mostHeld { self.whole = nil } else { whole.append(piece) }
    }
}
