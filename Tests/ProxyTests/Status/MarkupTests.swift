import Testing

@testable import Proxy

@Suite struct MarkupTests {
    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\" onload=\"x", "&quot; onload=&quot;x"), ("' onload='x", "&#39; onload=&#39;x"),
        ("&lt;", "&amp;lt;"), ("a\u{202E}b", "a\u{FFFD}b"), ("a\u{0}\u{1B}[2J", "a\u{FFFD}\u{FFFD}[2J"),
        ("Zoë 👩‍💻", "Zoë 👩‍💻"),
    ]) func whatIsPutInIsText(_ text: String, _ escaped: String) {
        let markup: Markup = "<b title=\"\(text)\">\(text)</b>"
        #expect(markup.html == "<b title=\"\(escaped)\">\(escaped)</b>")
    }

    @Test func markupInMarkupStaysMarkup() {
        let inner: Markup = "<i>\("<")</i>"
        #expect(("<p>\(inner)\([inner, inner])\(3)</p>" as Markup).html == "<p><i>&lt;</i><i>&lt;</i><i>&lt;</i>3</p>")
    }
}

@Suite struct AgeTests {
    @Test(arguments: [
        (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (3719, "1 h 1 min"),
        (86_399, "23 h 59 min"), (86_400, "1 d"), (90_000, "1 d 1 h"), (Int.max, "106751991167300 d 15 h"),
    ]) func saysTheTwoLargestUnits(_ seconds: Int, _ text: String) {
        #expect("\(Age(seconds))" == text)
    }
}
