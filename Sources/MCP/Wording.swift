/// Words by which chat clients recognise, in any text they get, a sign-in of their own to start, a connection to
/// drop or a limit to obey. None of them may stand in what a refusal says.
enum Wording {
    /// In lower case; compared without regard to case.
    static let avoided = [
        "401", "403", "429", "oauth", "authentication", "unauthorized", "invalid_grant", "invalid_token",
        "insufficient_scope", "no authorization", "forbidden", "rate limit", "too many requests",
    ]

    /// Whether none of them stands in `text`.
    static func isPlain(_ text: String) -> Bool {
        let text = text.lowercased()
        return !avoided.contains { text.contains($0) }
    }
}
