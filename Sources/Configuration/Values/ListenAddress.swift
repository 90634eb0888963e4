/// Where to accept connections.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host (an address without brackets, or a name) and a port; port 0 lets the kernel choose.
    case tcp(host: String, port: UInt16)
    /// A Unix domain socket's absolute path.
    case unix(path: String)

    /// The longest path that fits into `sockaddr_un` with its final zero.
    private static let longestPath = 107

    /// Reads `host:port`, `[v6]:port` or `unix:/path`; nil for anything else.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count <= Self.longestPath, isPrintable(path) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let (host, port) = splitAuthority(text[...]), let port = port.flatMap({ decimal(UInt16.self, $0) })
        else { return nil }
        self = .tcp(host: host.text, port: port)
    }

    /// Whether only this machine can connect: 127/8, ::1, `localhost`, a Unix socket.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): (HostText(unbracketed: host) ?? HostText(bracketed: host))?.isLoopback ?? false
        }
    }

    /// As it is written in the configuration.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

/// Splits `host`, `host:port`, `[v6]` or `[v6]:port` into a checked host and the port's digits, if any.
func splitAuthority(_ text: Substring) -> (host: HostText, port: Substring?)? {
    if text.first == "[" {
        guard let close = text.firstIndex(of: "]"),
            let host = HostText(bracketed: String(text[text.index(after: text.startIndex)..<close]))
        else { return nil }
        let rest = text[text.index(after: close)...]
        if rest.isEmpty { return (host, nil) }
        return rest.first == ":" ? (host, rest.dropFirst()) : nil
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let host = HostText(unbracketed: String(first)) else { return nil }
    return (host, parts.count > 1 ? parts[1] : nil)
}

/// Digits only (no sign, no spaces), within the type's range.
func decimal<Number: FixedWidthInteger>(_: Number.Type, _ text: Substring) -> Number? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Number(text)
}

/// No control characters.
func isPrintable(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
}
