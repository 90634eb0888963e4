import Bytes
import MCP
import Testing

@testable import Proxy

@Suite struct PassedRequestTests {
    private static func head(_ text: String = "head") -> ByteBuffer {
        let buffer = ByteBuffer()
        buffer.append(string: text)
        return buffer
    }

    private static let call = #"{"jsonrpc":"2.0","id":1,"method":"m"}"#

    @Test func aSmallBodyIsKeptBehindItsHead() {
        var passed = PassedRequest(head: Self.head())
        for byte in Self.call.utf8 { passed.add([byte].span) }
        #expect(passed.whole?.bytes == Array(("head" + Self.call).utf8))
        #expect(passed.outline.envelope == Envelope.read(Array(Self.call.utf8).span))
    }

    @Test(arguments: [(0, true), (1, false)]) func aLargeOneIsNot(_ more: Int, _ isKept: Bool) {
        var passed = PassedRequest(head: Self.head())
        passed.add([UInt8](repeating: 0x20, count: PassedRequest.mostHeld - Self.call.utf8.count).span)
        passed.add(Array(Self.call.utf8).span)
        passed.add([UInt8](repeating: 0x20, count: more).span)
        #expect((passed.whole != nil) == isKept)
    }

    /// Which id it has is known all the same.
    @Test func ofALargeOneItsOutlineIsKept() {
        var passed = PassedRequest(head: nil)
        passed.add(Array(#"{"params":{"x":""#.utf8).span)
        for _ in 0..<100 { passed.add([UInt8](repeating: 0x78, count: 10_000).span) }
        passed.add(Array(#""},"id":1,"jsonrpc":"2.0","method":"m"}"#.utf8).span)
        #expect(passed.whole == nil)
        #expect(passed.outline.envelope == Envelope.read(Array(Self.call.utf8).span))
    }
}
