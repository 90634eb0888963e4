internal import Logging
internal import Synchronization

/// What the parts that serve calls would have logged: warnings about a provider's credential belong to its finding.
final class DoctorLog: Sendable {
    private let kept = Mutex<[(provider: String, event: String, text: String)]>([])

    var logger: Logger { Logger(label: "obo-proxy") { _ in Handler(log: self) } }

    /// What was said of that provider.
    /// - Parameter events: those that are a finding of their own.
    func notes(on provider: String, except events: Set<String>) -> [String] {
        kept.withLock { $0.filter { $0.provider == provider && !events.contains($0.event) }.map(\.text) }
    }

    private struct Handler: LogHandler {
        let log: DoctorLog
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var fields = metadata.merging(event.metadata ?? [:]) { $1 }
            guard let provider = fields.removeValue(forKey: "provider") else { return }
            let name = fields.removeValue(forKey: "event").map { "\($0)" } ?? ""
            let said = fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            log.kept.withLock { $0.append(("\(provider)", name, "\(event.message): \(said)")) }
        }
    }
}
