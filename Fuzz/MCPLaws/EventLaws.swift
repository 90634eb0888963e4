import Bytes
import MCP

/// The laws of filtered event streams.
struct EventLaws {
    let splits: Int

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        let whole = shown(bytes, cutAt: [])
        let step = max(1, bytes.count / max(1, splits))
        for cut in stride(from: 0, through: bytes.count, by: step) where shown(bytes, cutAt: [cut]) != whole {
            return "a split stream shows something else"
        }
        if shown(bytes, cutAt: Array(0..<bytes.count)) != whole { return "a stream byte by byte shows something else" }
        // A filtered event may be longer by the spaces behind its names.
        if let whole, shown(whole, cutAt: [], longest: 2000) != whole { return "a filtered stream is filtered again" }
        return nil
    }

    /// What comes out, nil when the stream has to be cut.
    private func shown(_ bytes: [UInt8], cutAt cuts: [Int], longest: Int = 1000) -> [UInt8]? {
        var filter = EventFilter(MCPLaws.rules, longest: longest)
        let out = ByteBuffer()
        var start = 0
        do throws(UnreadableList) {
            for end in cuts + [bytes.count] {
                try filter.feed(bytes.span.extracting(start..<end), to: out)
                start = end
            }
            try filter.end(to: out)
        } catch { return nil }
        return out.bytes
    }
}
