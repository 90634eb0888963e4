/// An absolute http or https URL that requests are sent to, checked down to the byte, so that nothing in it can
/// bend the request that it becomes part of.
package struct UpstreamURL: Hashable, Sendable, CustomStringConvertible {
    /// With TLS or without.
    package enum Scheme: String, Sendable {
        /// Without TLS.
        case http
        /// With TLS.
        case https
    }

    /// Why a text is no such URL; never holds the text, which may carry a password.
    package enum Fault: String, Error, Sendable {
        /// No absolute http or https URL.
        case noURL = "expected an http or https URL such as https://host/path"
        /// A user name, perhaps with a password.
        case userInfo = "expected a URL without a user name or password"
        /// `#` and more.
        case fragment = "expected a URL without a # fragment"
        /// No host, or one that resolvers might read in two ways.
        case host = "expected a URL with a valid host name or address (international names in their xn-- form)"
        /// No port number.
        case port = "expected a URL with a port from 1 to 65535"
        /// A character that RFC 3986 has no place for.
        case character = "expected a URL whose path and query hold URL characters only (others as %XX)"
        /// A path that means another one.
        case dots = "expected a URL without . or .. segments in its path"
        /// Plain http to another machine, where keys, tokens or secrets would travel.
        case plain = "expected an https URL; plain http is accepted for a loopback host only"
        /// Plain http to a machine that is not on this one's own link.
        case plainBeyondLink =
            "expected an https URL; plain http is accepted for a loopback or link-local address only"
    }

    /// With TLS or without.
    package let scheme: Scheme
    /// The host's name in lower case, or its address without brackets: for name resolution, SNI and verification.
    package let host: String
    /// The port, the scheme's own when none was written.
    package let port: UInt16
    /// The path, at least `/`.
    package let path: String
    /// What followed `?`, without it.
    package let query: String?
    /// The `Host` field's value: the port is left out when it is the scheme's own, addresses have brackets.
    package let authority: String
    /// Whether the host is 127/8, ::1 or `localhost`.
    package let isLoopback: Bool
    /// Whether the host is an address in 169.254/16 or fe80::/10.
    let isLinkLocal: Bool

    /// Reads and checks the URL of an issuer, of its keys or of a token endpoint, which must not be plain http unless
    /// its host is loopback. For what discovery finds, too: an issuer's word does not lower the bar.
    package init(trusted text: String) throws(Fault) {
        try self.init(text)
        guard scheme == .https || isLoopback else { throw .plain }
    }

    /// Reads and checks the URL of a service that a cloud offers to its own machines alone.
    init(local text: String) throws(Fault) {
        try self.init(text)
        guard scheme == .https || isLoopback || isLinkLocal else { throw .plainBeyondLink }
    }

    /// Reads and checks `text`.
    package init(_ text: String) throws(Fault) {
        let rest: Substring
        (scheme, rest) = try Self.scheme(text)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let named = try Self.authority(rest[..<end], scheme)
        (host, port, authority) = (named.host.text, named.port, named.text)
        (isLoopback, isLinkLocal) = (named.host.isLoopback, named.host.isLinkLocal)
        let target = rest[end...]
        guard !target.contains("#") else { throw .fragment }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = try Self.path(parts.first ?? "")
        query = try parts.count > 1 ? Self.checked(parts[1], also: "/?") : nil
    }

    /// Stands in a server until its own is read; no resolver knows it (RFC 6761 §6.4).
    static let unset = UpstreamURL()

    private init() {
        (scheme, host, port, path, query) = (.https, "unset.invalid", 443, "/", nil)
        (authority, isLoopback, isLinkLocal) = ("unset.invalid", false, false)
    }

    /// The path and the query: what a request line holds.
    package var target: String { query.map { "\(path)?\($0)" } ?? path }

    /// The URL in its normal spelling.
    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    private static func scheme(_ text: String) throws(Fault) -> (Scheme, Substring) {
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { throw .noURL }
        let rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("//") else { throw .noURL }
        return (scheme, rest.dropFirst(2))
    }

    private static func authority(
        _ text: Substring, _ scheme: Scheme
    ) throws(Fault) -> (host: HostText, port: UInt16, text: String) {
        guard !text.contains("@") else { throw .userInfo }
        guard let (host, digits) = splitAuthority(text) else { throw .host }
        let standard: UInt16 = scheme == .https ? 443 : 80
        guard let digits else { return (host, standard, host.bracketed) }
        guard let port = decimal(UInt16.self, digits), port > 0 else { throw .port }
        return (host, port, port == standard ? host.bracketed : "\(host.bracketed):\(port)")
    }

    private static func path(_ text: Substring) throws(Fault) -> String {
        guard !text.isEmpty else { return "/" }
        let isDotted = text.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
        guard !isDotted else { throw .dots }
        return try checked(text, also: "/")
    }

    /// RFC 3986 §3.3 `pchar` and the characters of `extra`; every `%` begins an escape.
    private static func checked(_ text: Substring, also extra: String) throws(Fault) -> String {
        let plain = Set("-._~!$&'()*+,;=:@".utf8).union(extra.utf8)
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x25 {
                guard position + 2 < bytes.count, isHex(bytes[position + 1]), isHex(bytes[position + 2])
                else { throw .character }
                position += 3
            } else {
                guard isAlphanumeric(byte) || plain.contains(byte) else { throw .character }
                position += 1
            }
        }
        return String(text)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}
