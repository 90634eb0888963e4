import Testing

@testable import JSON

@Suite struct StringTextTests {
    @Test(arguments: [
        (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u0041\u00e9\u20ac""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00""#, "😀"), (#""\u0000""#, "\u{0}"), ("\"ü😀\u{7f}\"", "ü😀\u{7f}"),
    ])
    func reads(_ text: String, _ expected: String) throws { #expect(try parse(text).string == expected) }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ude00\ud83d""#, #""\ud800x""#,
        #""\x41""#,
        #""\u12g4""#, #""\U0041""#, "\"a\nb\"", "\"\u{1}\"", "\"a\tb\"",
    ])
    func refuses(_ text: String) { #expect(fault(text) != nil) }

    @Test(
        arguments: [
            [0x80], [0xc3], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff],
            [0xfe],
            [0xf0, 0x9f, 0x98],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ middle: [UInt8]) {
        #expect(fault([0x22] + middle + [0x22]) == .invalidString(at: 1))
        #expect(fault([0x22, 0x5c, 0x6e] + middle + [0x22]) == .invalidString(at: 1))
    }
}

@Suite struct NumberTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("1.0", 1), ("70e-1", 7), ("1e3", 1000), ("12.50e1", 125), ("0.0e99", 0),
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
        ("9007199254740993", 9_007_199_254_740_993),
    ])
    func isExactlyAnInteger(_ text: String, _ value: Int64) throws { #expect(try parse(text).integer == value) }

    @Test(arguments: [
        "0.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400000000000000000000",
        "1e-99999999999999",
        "\"7\"", "true", "null",
    ])
    func isNoInteger(_ text: String) throws { #expect(try parse(text).integer == nil) }

    @Test func keepsTheSpelling() throws {
        let text = "[1.0,1E+2,-0,123456789012345678901234567890]"
        #expect(String(decoding: try parse(text).bytes, as: UTF8.self) == text)
    }

    @Test func givesTheNearestDouble() throws {
        #expect(try parse("-2.5e3").double == -2500)
        #expect(try parse("1e999").double == nil)
        #expect(try parse("\"1\"").double == nil)
    }
}
