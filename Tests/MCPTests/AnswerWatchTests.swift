import Testing

@testable import MCP

@Suite struct AnswerWatchTests {
    private static let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#
    private static let batch =
        #"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":"b","method":"c"}]"#
    private static let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"
    private static let progress = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n"

    private static func waiting(_ reads: [[UInt8]], on message: String = call) -> [String] {
        let watch = AnswerWatch(Array(message.utf8))
        for read in reads { watch.feed(read.span) }
        return watch.unanswered().map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private static func waiting(_ text: String, on message: String = call) -> [String] {
        waiting([Array(text.utf8)], on: message)
    }

    @Test func nothingSaidAnswersNothing() {
        #expect(Self.waiting("") == ["1"])
        #expect(Self.waiting("", on: Self.batch) == ["1", "\"b\""])
        #expect(Self.waiting(Self.progress) == ["1"])
    }

    @Test(arguments: [1, 2, 3, 5, 1000]) func anAnswerIsSeenWhateverTheCuts(_ size: Int) {
        for end in ["\n", "\r", "\r\n"] {
            let text = Array((Self.progress + Self.answer).replacing("\n", with: end).utf8)
            let reads = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
            #expect(Self.waiting(reads).isEmpty)
        }
    }

    /// Whatever was put by is read once there is enough of it, and the rest of an event is not lost then.
    @Test func anAnswerIsSeenBehindManyEvents() {
        let text = String(repeating: Self.progress, count: 500)
        #expect(Self.waiting(text) == ["1"])
        #expect(Self.waiting((text + Self.answer + text).utf8.map { [$0] }).isEmpty)
    }

    @Test func aBatchIsAnsweredOneByOne() {
        #expect(Self.waiting(Self.answer, on: Self.batch) == ["\"b\""])
        #expect(Self.waiting("data: [{\"id\":\"\\u0062\",\"result\":1}]\n\n", on: Self.batch) == ["1"])
        #expect(Self.waiting(Self.answer + "data: {\"id\":\"b\",\"error\":{}}\n\n", on: Self.batch).isEmpty)
        #expect(Self.waiting(Self.answer + Self.answer, on: Self.batch) == ["\"b\""])
    }

    @Test(arguments: [
        "data: {\"id\":1,\"result\":{}}\n", "data: {\"id\":2,\"result\":{}}\n\n", "data: {\"id\":1,\"result\":{}\n\n",
        "data: {\"id\":1,\"method\":\"x\",\"result\":{}}\n\n", "data: {\"id\":1}\n\n",
        "data: {\"id\":\"1\",\"result\":1}\n\n",
        "data: {\"x\":{\"id\":1,\"result\":{}}}\n\n", "event: x\ndata: {\"id\":1,\"result\":{}}\n\n", "data: 1\n\n",
        "\n\n",
        "data: [[{\"id\":1,\"result\":{}}]]\n\n", ":\n\n", "id:\ndata: x\n\n", "id: a\u{0}b\ndata: x\n\n",
    ])
    func whatIsNoAnswer(_ text: String) { #expect(Self.waiting(text) == ["1"]) }

    @Test(arguments: ["id: 1\ndata:\n\n", "id: 1\n\n", "data: x\nid:1\n\n"])
    func eventsWithAnIDAnswerNothing(_ text: String) { #expect(Self.waiting(text) == ["1"]) }

    /// Each answer is compared with every call that waits, and a server may send any number.
    @Test func aLargeBatchIsNotFollowed() {
        func batch(_ count: Int) -> String {
            "[" + (1...count).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"m"}"# }.joined(separator: ",") + "]"
        }
        #expect(Self.waiting("", on: batch(64)).count == 64)
        #expect(Self.waiting("", on: batch(65)).isEmpty)
    }

    @Test(arguments: [("tools/call", true), ("subscriptions/listen", false)])
    func aSubscriptionOwesNoAnswer(_ method: String, _ owes: Bool) {
        let watch = AnswerWatch(Array(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)"}"#.utf8))
        #expect(watch.owesAnswers == owes)
        #expect(watch.unanswered().count == 1)
    }

    /// In doubt nobody is told of a fault, and nobody's stream is ended early.
    @Test func inDoubtAnAnswerIsOwed() {
        let many = "[" + (1...65).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"m"}"# }.joined(separator: ",") + "]"
        let long = #"{"jsonrpc":"2.0","id":"\#(String(repeating: "x", count: 1100))","method":"m"}"#
        for message in [many, long, "nonsense", #"[{"jsonrpc":"2.0","method":"n"},7]"#] {
            let watch = AnswerWatch(Array(message.utf8))
            #expect(watch.owesAnswers)
            #expect(watch.unanswered().isEmpty)
        }
        let watch = AnswerWatch(Array(Self.call.utf8))
        watch.feed(Array("data: \(String(repeating: "x", count: 70_000))".utf8).span)
        #expect(watch.owesAnswers)
        #expect(watch.unanswered().isEmpty)
    }

    @Test func nothingIsOwedOnceItIsAnswered() {
        let watch = AnswerWatch(Array(Self.call.utf8))
        #expect(watch.owesAnswers)
        watch.feed(Array("data: {\"id\":1,\"result\":{}}\n\n".utf8).span)
        #expect(!watch.owesAnswers)
    }

    @Test(arguments: [("1.0", "1"), ("1", "1.0"), ("\"a\"", "\"\\u0061\""), ("10", "1e1")])
    func idsAreComparedByValue(_ asked: String, _ said: String) {
        let message = Self.call.replacing("\"id\":1", with: "\"id\":\(asked)")
        #expect(Self.waiting("data: {\"id\":\(said),\"result\":{}}\n\n", on: message).isEmpty)
    }

    @Test(arguments: [
        "", "nonsense", "[]", #"{"jsonrpc":"2.0","method":"n"}"#, #"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ])
    func whoeverAsksNothingWaitsForNothing(_ message: String) { #expect(Self.waiting("", on: message).isEmpty) }

    /// What is put by has a bound; an event beyond it is nearly always a result, and then an error would be a second one.
    @Test func aVeryLongEventIsTakenForTheAnswer() {
        let long = "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":\"" + String(repeating: "x", count: 70_000)
        #expect(Self.waiting(long).isEmpty)
        #expect(Self.waiting(String(long.prefix(60_000)) + "\"}\n\n") == ["1"])
    }
}

@Suite struct LeadingMarkTests {
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// What is left of a stream, read by read.
    private func left(_ reads: [[UInt8]]) -> [UInt8] {
        var mark: LeadingMark? = LeadingMark()
        var result: [UInt8] = []
        for read in reads where !read.isEmpty {
            guard var looking = mark else {
                result += read
                continue
            }
            let (count, isSettled, back) = looking.take(read.span)
            mark = isSettled ? nil : looking
            result += back + read[count...]
        }
        return result
    }

    @Test func onlyAWholeMarkGoes() {
        let texts: [([UInt8], [UInt8])] = [
            (Self.mark, []), (Self.mark + [1, 2], [1, 2]), (Self.mark + Self.mark, Self.mark),
            ([1] + Self.mark, [1] + Self.mark),
            ([0xef, 0xbb, 0xbe], [0xef, 0xbb, 0xbe]), ([0xef, 0xef, 0xbb, 0xbf], [0xef, 0xef, 0xbb, 0xbf]),
        ]
        for (text, expected) in texts {
            for cut in 0...text.count { #expect(left([Array(text[..<cut]), Array(text[cut...])]) == expected) }
            #expect(left(text.map { [$0] }) == expected)
        }
    }
}
