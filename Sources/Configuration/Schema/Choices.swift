extension TextParser where Value: RawRepresentable<String> & CaseIterable {
    /// One of the type's raw values.
    /// - Parameter never: words that stay refused, with the reason.
    static func choice(never: [String: String] = [:]) -> TextParser {
        let words = Value.allCases.map(\.rawValue)
        return TextParser { (text: String) throws(Expected) -> Value in
            if let value = Value(rawValue: text) { return value }
            throw refusal(of: text, words: words, never: never)
        }
    }
}

private func refusal(of text: String, words: [String], never: [String: String]) -> Expected {
    let list = words.joined(separator: ", ")
    if let reason = never[text] { return Expected(message: "\(text) is refused: \(reason); expected \(list)") }
    let hint = suggestion(for: text, among: words).map { "; did you mean \($0)?" } ?? ""
    return Expected(words.count == 1 ? "\(list)\(hint)" : "one of \(list)\(hint)")
}

extension TextParser where Value == SignatureAlgorithm {
    /// RFC 8725 §3.1: a fixed list, none of them unsigned or keyed by a shared secret.
    static let algorithm = choice(
        never: Dictionary(
            uniqueKeysWithValues: [("none", "it is no signature")]
                + ["HS256", "HS384", "HS512"].map { ($0, "whoever knows the public key could sign with it") }))
}

extension TextParser where Value == Transport {
    /// How an MCP server is spoken to.
    static let transport = choice(
        never: [
            "stdio": "it carries no request headers, so no user's token",
            "websocket": "it carries no request headers after its start, so a token could not be renewed",
        ])
}

extension TextParser where Value == RequestRate {
    /// `n/s`, `n/m` or `n/h`; 0 is no limit.
    static let rate = TextParser(expecting: "a rate of 0 to 1000000 requests in s, m or h, such as 10/s") {
        RequestRate($0)
    }
}
