import Bytes
import Configuration
import Libevent
import Logging
import Synchronization

@testable import Proxy

let tenant = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"

/// A configuration from the environment alone, with `changes` on top of the least one.
func configured(_ changes: [String: String] = [:]) throws -> ProxyConfiguration {
    let least = [
        "OBO_ISSUER": tenant, "OBO_CLIENT_ID": "client", "OBO_CLIENT_SECRET": "hunter2",
        "OBO_SERVER_TICKETS_URL": "http://127.0.0.1:9/mcp", "OBO_SERVER_TICKETS_SCOPES": "api://tickets/access",
    ]
    let environment = least.merging(changes) { $1 }
    return try ProxyConfiguration.load(file: nil, environment: environment).configuration
}

/// Everything that is logged, at every level, as swift-log hands it to a handler.
final class LogBook: Sendable {
    private let kept = Mutex<[LogEvent]>([])

    var events: [LogEvent] { kept.withLock { $0 } }

    /// The events as they would be written, in both formats.
    var text: String {
        events.flatMap { event in
            [true, false].map { EventLog(logLevel: .trace, json: $0).line(of: event).text }
        }.joined()
    }

    func logger() -> Logger {
        Logger(label: "test") { _ in Handler(book: self) }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { book.kept.withLock { $0.append(event) } }
    }
}
