import MCP
import Testing

@Suite struct ToolPatternTests {
    @Test(
        arguments: [
            ("search", "search", true), ("search", "Search", false), ("search", "searches", false),
            ("search", "research", false), ("search", "", false), ("*", "", true), ("*", "anything at all", true),
            ("search_*", "search_", true), ("search_*", "search_a_b", true), ("search_*", "search", false),
            ("*_it", "delete_it", true), ("*_it", "delete_it_", false), ("a*b*c", "a__b__b__c", true),
            ("a*b*c", "acb", false), ("?", "a", true), ("?", "", false), ("?", "ab", false), ("?", "é", false),
            ("??", "é", true), ("*é", "café", true), ("*é", "cafe\u{301}", false), ("a?c*", "abc", true),
            ("**a", "a", true), ("a.c", "abc", false), ("[a]", "a", false), ("a*", "*", false), ("\\*", "*", false),
        ] as [(String, String, Bool)])
    func comparesWholeNames(_ pattern: String, _ name: String, _ matches: Bool) {
        let found = ToolPattern(pattern).matches(name.utf8.span)
        #expect(found == matches)
    }

    /// Against the definition, by a table of which beginnings match which.
    @Test func agreesWithTheDefinition() {
        var random = Seeded(1)
        var matched = 0
        for _ in 0..<20_000 {
            let pattern = text(of: "ab?*", upTo: 7, &random)
            let name = text(of: "ab", upTo: 9, &random)
            let expected = byDefinition(Array(pattern.utf8), Array(name.utf8))
            matched += expected ? 1 : 0
            let found = ToolPattern(pattern).matches(name.utf8.span)
            #expect(found == expected, "\(pattern) and \(name)")
        }
        #expect(matched > 1000)
    }

    /// Backtracking over every star would take longer than the universe has lasted.
    @Test func doesNotExplode() {
        let pattern = ToolPattern(String(repeating: "a*", count: 64) + "b")
        let found = pattern.matches(String(repeating: "a", count: 10_000).utf8.span)
        #expect(!found)
    }

    private func text(of letters: String, upTo most: Int, _ random: inout some RandomNumberGenerator) -> String {
        String((0..<Int.random(in: 0...most, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
    }

    private func byDefinition(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var row = [true] + name.map { _ in false }
        for letter in pattern {
            var next = row.map { _ in false }
            for end in 0...name.count {
                if letter == UInt8(ascii: "*") {
                    next[end] = row[end] || (end > 0 && next[end - 1])
                } else if end > 0 {
                    next[end] = row[end - 1] && (letter == UInt8(ascii: "?") || letter == name[end - 1])
                }
            }
            row = next
        }
        return row[name.count]
    }
}

@Suite struct ToolRulesTests {
    @Test(
        arguments: [
            (nil, [], true), (nil, ["b"], true), (nil, ["a"], false), ([], [], false), (["a"], [], true),
            (["b"], [], false), (["a"], ["a"], false), (["*"], ["a"], false), (["b", "a"], ["b"], true),
        ] as [([String]?, [String], Bool)])
    func deniesFirst(_ allow: [String]?, _ deny: [String], _ permits: Bool) {
        #expect(ToolRules(allow: allow, deny: deny).permits("a") == permits)
    }

    @Test func letsNoEndlessNameThrough() {
        let rules = ToolRules(allow: ["*"], deny: [])
        #expect(rules.permits(String(repeating: "a", count: ToolRules.longestName)))
        #expect(!rules.permits(String(repeating: "a", count: ToolRules.longestName + 1)))
    }
}
