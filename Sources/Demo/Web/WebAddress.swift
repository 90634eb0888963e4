/// An `http://host:port/path` of this demo; nothing else is spoken here.
package struct WebAddress: Sendable, Equatable {
    /// Name or address of the host.
    package let host: String
    package let port: UInt16
    /// Begins with `/`; may hold a query.
    package let path: String

    package init(host: String, port: UInt16, path: String = "/") {
        self.host = host
        self.port = port
        self.path = path
    }

    /// - Returns: nil for anything but `http://host:port`, with or without a path.
    package init?(_ text: String) {
        let scheme = "http://"
        guard text.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<end].split(separator: ":", omittingEmptySubsequences: false)
        guard authority.count == 2, !authority[0].isEmpty, let port = UInt16(authority[1]) else { return nil }
        self.init(host: String(authority[0]), port: port, path: end == rest.endIndex ? "/" : String(rest[end...]))
    }

    /// The same host with another path.
    package func at(_ path: String) -> WebAddress { WebAddress(host: host, port: port, path: path) }

    /// `host:port`, as in the `Host` field.
    package var authority: String { "\(host):\(port)" }
    /// `http://host:port`.
    package var origin: String { "http://\(authority)" }
    /// The whole text.
    package var text: String { origin + path }
}
