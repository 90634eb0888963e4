internal import Configuration
internal import Libevent

/// What a connection to an MCP server shows, over which nothing was sent.
enum ServerFindings {
    /// - Parameter fault: nil when the connection came about, TLS included.
    static func reach(_ server: ServerConfiguration, _ fault: DialFault?) -> Finding {
        // Without path and query, which may hold a key.
        let place = "\(server.url.scheme.rawValue)://\(server.url.authority)"
        guard let fault else {
            let seen =
                server.url.scheme == .https ? "its certificate is trusted" : "it accepts connections, without TLS"
            return Finding(.good, .server, server.name, "\(place): \(seen)")
        }
        return Finding(.fault, .server, server.name, "\(place): \(fault.text)", advice(server, fault))
    }

    private static func advice(_ server: ServerConfiguration, _ fault: DialFault) -> String {
        switch fault {
        case .connect(.unresolved):
            "Compare servers.\(server.name).url with what name resolution on this machine knows."
        case .connect(.refused), .connect(.timedOut):
            "Is the server running, on this port, and does every firewall on the way let this machine through?"
        case .handshake:
            "Compare the scheme and host of servers.\(server.name).url, and name a private authority in servers.\(server.name).ca_file."
        }
    }
}
