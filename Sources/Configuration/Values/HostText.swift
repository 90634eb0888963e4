#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A host as written in a URL or a listening address, checked and classified.
enum HostText: Hashable, Sendable {
    /// A DNS name in lower case.
    case name(String)
    /// A dotted quad.
    case ipv4(String)
    /// An IPv6 address without brackets.
    case ipv6(String)

    /// Reads a host that stood outside brackets.
    ///
    /// A name whose last label is a number is refused unless it is a dotted quad: resolvers read `127.1` and
    /// `2130706433` as addresses, and a check of ours that took them for names would be passed by.
    init?(unbracketed text: String) {
        let text = text.lowercased()
        guard !text.isEmpty, text.utf8.count <= 253 else { return nil }
        if Self.isIPv4(text) {
            self = .ipv4(text)
            return
        }
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last == "" { labels.removeLast() }
        guard labels.allSatisfy(Self.isLabel), let last = labels.last, !Self.isNumber(last) else { return nil }
        self = .name(text)
    }

    /// Reads what stood inside brackets; zone identifiers are refused.
    init?(bracketed text: String) {
        guard text.utf8.count <= 45, Self.isIPv6(text) else { return nil }
        self = .ipv6(text.lowercased())
    }

    /// The text without brackets.
    var text: String {
        switch self {
        case .name(let text), .ipv4(let text), .ipv6(let text): text
        }
    }

    /// The text as it stands before a port.
    var bracketed: String {
        if case .ipv6(let text) = self { "[\(text)]" } else { text }
    }

    /// 127.0.0.0/8, ::1 in any spelling, or `localhost`.
    var isLoopback: Bool {
        switch self {
        case .name(let text): text == "localhost" || text == "localhost."
        case .ipv4(let text): text.hasPrefix("127.")
        case .ipv6(let text): Self.address(text) == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    /// 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 §2.5.6): what no router passes on.
    var isLinkLocal: Bool {
        switch self {
        case .name: false
        case .ipv4(let text): text.hasPrefix("169.254.")
        case .ipv6(let text): Self.address(text).map { $0[0] == 0xFE && $0[1] & 0xC0 == 0x80 } ?? false
        }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        let bytes = label.utf8
        guard (1...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        label.utf8.allSatisfy { (0x30...0x39).contains($0) }
            || label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.utf8.count), part.count == 1 || part.first != "0" else { return false }
                return part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
    }

    private static func isIPv6(_ text: String) -> Bool { address(text) != nil }

    /// The sixteen bytes, by the C library's own reading.
    private static func address(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let read = unsafe bytes.withUnsafeMutableBytes { unsafe inet_pton(AF_INET6, text, $0.baseAddress) }
        return read == 1 ? bytes : nil
    }
}
