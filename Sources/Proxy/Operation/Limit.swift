internal import Logging

/// Every limit that refuses or ends something, by its setting: a closed set, since it labels metrics.
enum Limit: Int, CaseIterable, Sendable {
    case connections, requestsPerUser, headerBytes, bodyBytes, heldBodies, openFiles, exchanges
    case header, body, connect, response, streamIdle, shutdown

    /// What an operator changes.
    var setting: String {
        switch self {
        case .connections: "limits.connections"
        case .requestsPerUser: "limits.requests_per_user"
        case .headerBytes: "limits.header_bytes"
        case .bodyBytes: "limits.body_bytes"
        case .heldBodies: "held_bodies"
        case .openFiles: "open_files"
        case .exchanges: "exchange.max_connections"
        case .header: "timeouts.header"
        case .body: "timeouts.body"
        case .connect: "timeouts.connect"
        case .response: "timeouts.response"
        case .streamIdle: "timeouts.stream_idle"
        case .shutdown: "timeouts.shutdown"
        }
    }

    /// Where this process is too small for its work somebody should look; the others are one client's or server's doing.
    var level: Logger.Level {
        switch self {
        case .connections, .heldBodies, .openFiles, .exchanges, .shutdown: .warning
        case .requestsPerUser, .headerBytes, .bodyBytes, .header, .body, .connect, .response, .streamIdle: .notice
        }
    }
}
