extension String {
    /// Whether the bytes are the same. `==` takes canonically equivalent texts for equal, and issuers, audiences and
    /// key names are compared exactly (RFC 7519 §2, StringOrURI; RFC 8725 §3.8).
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [String] {
    /// Whether one of the texts is exactly this one.
    func containsExactly(_ text: String) -> Bool { contains { $0.isExactly(text) } }
}
