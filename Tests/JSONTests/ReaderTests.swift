import Testing

@testable import JSON

func parse(_ text: String, limits: JSON.Limits = .init()) throws(JSON.Fault) -> JSON {
    try JSON.parse(Array(text.utf8).span, limits: limits)
}

func fault(_ bytes: [UInt8], limits: JSON.Limits = .init()) -> JSON.Fault? {
    do {
        _ = try JSON.parse(bytes.span, limits: limits)
        return nil
    } catch { return error }
}

func fault(_ text: String, limits: JSON.Limits = .init()) -> JSON.Fault? { fault(Array(text.utf8), limits: limits) }

@Suite struct ReaderTests {
    @Test func readsEveryKind() throws {
        let value = try parse(" {\"a\":[null,true,false,-0.5e+3,\"x\"],\"b\":{},\"c\":[]}\r\n\t")
        #expect(
            value
                == .object([
                    "a": .array([.null, .bool(true), .bool(false), .number("-0.5e+3"), .string("x")]),
                    "b": .object([:]), "c": .array([]),
                ]))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "\"", "\"\\", "\"\\u12", "tru",
        "n",
    ])
    func refusesWhatEndsEarly(_ text: String) { #expect(fault(text) == .unexpectedEnd) }

    @Test(arguments: [
        "NaN", "Infinity", "-Infinity", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "01", "-01", "00", "0x10", "1_000",
        "1.2.3", "1-2", "1e5.5", "--1",
    ])
    func refusesWhatIsNoNumber(_ text: String) { #expect(fault(text) != nil) }

    @Test(arguments: [
        "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\":}", "{\"a\"::1}", "]",
        "}",
        "[1}", "{\"a\":1]", "nul", "True", "// x\n1", "/* */1", "[1]]", "1 2", "{} {}", "null,", "\u{a0}1", "\u{0}",
        "1\u{0}",
        "\u{c}1",
    ])
    func refusesOtherGrammars(_ text: String) { #expect(fault(text) != nil) }

    @Test func refusesAByteOrderMark() {
        #expect(fault([0xef, 0xbb, 0xbf] + Array("{}".utf8)) == .unexpectedByte(at: 0))
    }

    @Test func namesTrailingBytes() { #expect(fault("{} x") == .trailingBytes(at: 3)) }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"x":1,"y":2,"x":3}}]"#,
        #"{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"3":0}"#,
    ])
    func refusesDuplicateNames(_ text: String) {
        guard case .duplicateName = fault(text) else {
            Issue.record("accepted")
            return
        }
    }

    /// Canonically equivalent names are two names: a reader that folds them lets one shadow the other.
    @Test func keepsEquivalentNamesApart() throws {
        let value = try parse("{\"\\u00e9\":1,\"e\\u0301\":2}")
        #expect(value["\u{e9}"]?.integer == 1)
        #expect(value["e\u{301}"]?.integer == 2)
    }

    @Test func refusesWhatCostsTooMuch() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(fault(deep) == .tooDeep)
        #expect(fault(String(deep.dropFirst().dropLast())) == nil)
        #expect(fault(String(repeating: "[", count: 1_000_000)) == .tooDeep)
        #expect(fault(String(repeating: "{\"a\":", count: 1_000_000)) == .tooDeep)
        #expect(fault("[1,2,3]", limits: .init(values: 3)) == .tooManyValues)
        #expect(fault("[1,2,3]", limits: .init(values: 4)) == nil)
        #expect(fault("[1,2]", limits: .init(bytes: 4)) == .tooLarge)
    }

    @Test func readsAWideObject() throws {
        let text = "{" + (0..<5000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try parse(text)["k4999"]?.integer == 4999)
    }

    /// Every text cut anywhere, or with any byte replaced, is read or refused, never a trap.
    @Test func survivesDamage() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n"],"ü":{"n":null,"t":true,"f":false}}"#.utf8)
        var accepted = 0
        for end in text.indices { #expect(fault(Array(text[..<end])) != nil) }
        for place in text.indices {
            for byte in UInt8.min...UInt8.max {
                var damaged = text
                damaged[place] = byte
                if fault(damaged) == nil { accepted += 1 }
            }
        }
        #expect(accepted >= text.count)
    }
}

@Suite struct ScannerTests {
    /// Skipping accepts what reading accepts, duplicate names apart, and finds the same end.
    @Test(arguments: [
        "{\"a\":[1,{\"b\":null}],\"c\":\"\\ud83d\\ude00\"}", "[[],{},\"\",0]", "-1.5E-7", "[01]", "[1,]", "\"\\ud800\"",
        "{\"a\"}",
    ])
    func agreesWithTheReader(_ text: String) {
        let bytes = Array(text.utf8)
        var skipped: Range<Int>?
        do throws(JSON.Fault) {
            var scanner = try JSON.Scanner(bytes.span)
            skipped = try scanner.skip(bytes.span)
            try scanner.finish(bytes.span)
        } catch { skipped = nil }
        #expect(skipped == (fault(bytes) == nil ? 0..<bytes.count : nil))
    }

    @Test func findsMembersInPlace() throws {
        let bytes = Array(" { \"id\" : 1.0 , \"method\":\"a\\nb\" } ".utf8)
        var scanner = try JSON.Scanner(bytes.span)
        #expect(try scanner.next(bytes.span) == .object)
        try scanner.enter(bytes.span)
        var found: [String: String] = [:]
        while let name = try scanner.name(bytes.span) {
            let place = try scanner.skip(bytes.span)
            found[try JSON.text(bytes.span, name)] = String(decoding: bytes[place], as: UTF8.self)
        }
        try scanner.finish(bytes.span)
        #expect(found == ["id": "1.0", "method": "\"a\\nb\""])
    }
}
