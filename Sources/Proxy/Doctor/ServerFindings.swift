internal import Configuration
internal import Libevent

/// What a connection to an MCP server shows, over which nothing was sent.
enum ServerFindings {
    /// How it went.
    enum Connection {
        case plain
        /// - Parameter left: how long its certificate lasts, in seconds.
        case secured(left: Int?)
        case failed(DialFault)
    }

    /// The time left to a certificate that is worth a word, in seconds.
    static let noticeable = 14 * 86_400

    static func reach(_ server: ServerConfiguration, _ connection: Connection) -> Finding {
        // Without path and query, which may hold a key.
        let place = "\(server.url.scheme.rawValue)://\(server.url.authority)"
        switch connection {
        case .plain: return Finding(.good, .server, server.name, "\(place): connected, without TLS")
        case .secured(let left?) where left < noticeable:
            return Finding(
                .warning, .server, server.name, "\(place): its certificate ends in \(Period(seconds: left))",
                "Renew it: from its end on no call is forwarded.")
        case .secured(let left):
            let life = left.map { ", which ends in \(Period(seconds: $0))" } ?? ""
            return Finding(.good, .server, server.name, "\(place): connected, with a trusted certificate\(life)")
        case .failed(let fault):
            return Finding(.fault, .server, server.name, "\(place): \(fault.text)", advice(server, fault))
        }
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
