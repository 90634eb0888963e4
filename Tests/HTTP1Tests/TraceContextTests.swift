import Bytes
import Testing

@testable import HTTP1

@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "b7ad6b7169203331"

    private static func continued(_ field: String, span: UInt64 = 0x0102_0304_0506_0708) -> String? {
        guard let context = TraceContext(Array(field.utf8).span) else { return nil }
        let buffer = ByteBuffer()
        context.append(span: span, to: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(arguments: ["00", "01", "fe"], ["00", "01", "ff"])
    func theTraceGoesOnWithAnotherParent(_ version: String, _ flags: String) {
        #expect(
            Self.continued("\(version)-\(Self.trace)-\(Self.parent)-\(flags)")
                == "00-\(Self.trace)-0102030405060708-\(flags)")
    }

    @Test func whatALaterVersionAddsIsLeftOut() {
        #expect(
            Self.continued("01-\(Self.trace)-\(Self.parent)-01-what-ever") == "00-\(Self.trace)-0102030405060708-01")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-0", "00-\(trace)-\(parent)-01-",
        " 00-\(trace)-\(parent)-01",
        "00-\(trace)-\(parent)-01-more", "01-\(trace)-\(parent)-01more", "ff-\(trace)-\(parent)-01",
        "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-\(String(repeating: "0", count: 16))-01",
        "00-\(trace.uppercased())-\(parent)-01", "00-\(trace.dropLast())g-\(parent)-01", "00_\(trace)_\(parent)_01",
        "0x-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-1g",
    ]) func anythingElseIsNone(_ field: String) {
        #expect(Self.continued(field) == nil)
    }
}
