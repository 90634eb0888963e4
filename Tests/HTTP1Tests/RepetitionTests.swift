import HTTP1
import Testing

/// The user's token must not go upstream by a second way.
struct RepetitionTests {
    static let token = "eyJhbGciOiJub25lIn0.abc"

    @Test(arguments: [
        ("/", "", false), ("/", "X-Token: \(token)\r\n", true), ("/", "X-Token: Bearer \(token);a\r\n", true),
        ("/?t=\(token)", "", true), ("/?t=\(token)&a", "", true), ("/", "X-Token: \(token.dropLast())\r\n", false),
        ("/", "X-Token: \(token.uppercased())\r\n", false), ("/", "Authorization: Bearer \(token)\r\n", true),
    ])
    func findsASecondToken(target: String, lines: String, expected: Bool) throws {
        for (before, behind) in [(lines, ""), ("", lines)] where !lines.hasPrefix("Auth") || before.isEmpty {
            let input =
                "GET \(target) HTTP/1.1\r\nHost: a\r\n\(before)Authorization: Bearer \(Self.token)\r\n\(behind)\r\n"
            let head = try #require(request(input).head)
            let line = try #require(head.first(.authorization))
            var secret = line.value
            secret.start += 7
            secret.count -= 7
            #expect(secret.text(in: input) == Self.token)
            let isRepeated = head.repeats(secret, of: line, in: wire(input).span)
            #expect(isRepeated == expected)
        }
    }

    @Test func takesNoShortValueForASecret() throws {
        let input = post("X: abcdef\r\nAuthorization: abcdef\r\n")
        let head = try #require(request(input).head)
        let line = try #require(head.first(.authorization))
        let isRepeated = head.repeats(line.value, of: line, in: wire(input).span)
        #expect(!isRepeated)
    }
}
