/// How much of a head is read before it is refused, never cut short (RFC 9110 §5.4).
package struct HeadLimits: Sendable {
    /// Offsets into a head are 32 bits wide; a larger limit is taken as this one.
    static let largest = 1 << 30
    /// Empty lines let pass before a start line (RFC 9112 §2.2 asks for at least one).
    static let emptyLines = 4

    /// Bytes of the whole head, from the first empty line before it to the empty line that ends it.
    package var bytes: Int
    /// Field lines.
    package var fields: Int
    /// Bytes of a request's target.
    package var targetBytes: Int
    /// Whether a request that went through this proxy before is refused (RFC 9110 §7.6.3). Off only in servers
    /// that stand behind the proxy, such as the demo's.
    package var refusesOwnVia: Bool

    package init(bytes: Int = 65536, fields: Int = 256, targetBytes: Int = .max, refusesOwnVia: Bool = true) {
        self.bytes = min(max(bytes, 0), HeadLimits.largest)
        self.fields = fields
        self.targetBytes = targetBytes
        self.refusesOwnVia = refusesOwnVia
    }
}
