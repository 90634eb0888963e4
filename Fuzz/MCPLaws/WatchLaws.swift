import MCP

/// The laws of what a stream is thought to have answered.
struct WatchLaws {
    let splits: Int

    private static let asked = #"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":"two","method":"b"}]"#
    private static let answers = "\n\ndata: [{\"id\":1,\"result\":{}},{\"id\":\"two\",\"error\":{}}]\n\n"

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        // Of an event beyond its bound more is known when it comes at once.
        guard bytes.count <= 32 << 10 else { return nil }
        let whole = waiting(bytes, cutAt: [])
        let step = max(1, bytes.count / max(1, splits))
        for cut in stride(from: 0, through: bytes.count, by: step) where waiting(bytes, cutAt: [cut]) != whole {
            return "a split stream has answered something else"
        }
        if waiting(bytes, cutAt: Array(0..<bytes.count)) != whole {
            return "a stream byte by byte has answered something else"
        }
        return waiting(bytes + Array(Self.answers.utf8), cutAt: []).isEmpty ? nil : "an answer is not seen"
    }

    private func waiting(_ bytes: [UInt8], cutAt cuts: [Int]) -> [[UInt8]] {
        let watch = AnswerWatch(Array(Self.asked.utf8))
        var start = 0
        for end in cuts + [bytes.count] {
            watch.feed(bytes.span.extracting(start..<end))
            start = end
        }
        return watch.unanswered().map(\.bytes)
    }
}
