import Bytes
import Testing

@testable import JSON

@Suite struct WriterTests {
    @Test func writesWhatItReads() throws {
        let value: JSON = .object([
            "a": .array([.null, .bool(true), .integer(-7), .string("q\"\\\n\r\t\u{1}\u{1f}\u{7f}é😀/")]),
            "": .object([:]),
        ])
        let text = String(decoding: value.bytes, as: UTF8.self)
        #expect(text == #"{"a":[null,true,-7,"q\"\\\n\r\t\u0001\u001f\u007fé😀/"],"":{}}"#)
        #expect(try parse(text) == value)
    }

    /// A client's bytes in a log line leave it one line and one JSON text.
    @Test func quotesAnyBytes() throws {
        for byte in UInt8.min...UInt8.max {
            let buffer = ByteBuffer()
            buffer.appendJSONString([0x61, byte, 0x62].span)
            let written = buffer.bytes
            #expect(!written.contains { $0 < 0x20 || $0 == 0x7f })
            let read = try JSON.parse(written.span).string
            #expect(read == (byte < 0x80 ? "a\(Character(Unicode.Scalar(byte)))b" : "a\u{fffd}b"))
        }
    }
}

@Suite struct ObjectTests {
    @Test func setsInPlaceAndRemoves() {
        var object: JSON.Object = ["a": .integer(1), "b": .integer(2)]
        object["a"] = .integer(3)
        object["c"] = .null
        object["b"] = nil
        #expect(JSON.object(object) == .object(["a": .integer(3), "c": .null]))
        #expect(object["b"] == nil)
        #expect(JSON.array([])["a"] == nil)
    }
}
