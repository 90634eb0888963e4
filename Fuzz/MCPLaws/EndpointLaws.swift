import Bytes
import MCP

/// The laws of the older transport's endpoint events.
struct EndpointLaws {
    private static let base = EndpointBase(
        scheme: "https", host: "mcp.example", port: 443, path: "/a/sse", query: nil)

    let splits: Int

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        let whole = rewritten(bytes, cutAt: [])
        let step = max(1, bytes.count / max(1, splits))
        for cut in stride(from: 0, through: bytes.count, by: step) where rewritten(bytes, cutAt: [cut]) != whole {
            return "a split stream announces something else"
        }
        if rewritten(bytes, cutAt: Array(0..<bytes.count)) != whole {
            return "a stream byte by byte announces something else"
        }
        return targetLaw(bytes)
    }

    /// A target is fit for a request line.
    private func targetLaw(_ bytes: [UInt8]) -> StaticString? {
        guard let target = try? Self.base.target(of: bytes) else { return nil }
        guard target.first == UInt8(ascii: "/"), target.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            return "a target would end its request line"
        }
        return target.contains(UInt8(ascii: "#")) ? "a target has a fragment" : nil
    }

    /// What comes out, nil when the stream has to be cut.
    private func rewritten(_ bytes: [UInt8], cutAt cuts: [Int]) -> [UInt8]? {
        var rewriter = EndpointRewriter()
        let out = ByteBuffer()
        var start = 0
        do throws(EndpointFault) {
            for end in cuts + [bytes.count] {
                try rewriter.read(bytes.span.extracting(start..<end), to: out) { data throws(EndpointFault) in
                    Array("/tools".utf8) + (try Self.base.target(of: data))
                }
                start = end
            }
            try rewriter.end()
        } catch { return nil }
        return out.bytes
    }
}
