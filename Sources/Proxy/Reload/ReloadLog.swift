internal import Logging

/// What operators read of a reload: keys and places, never a value.
struct ReloadLog {
    private let log: Logger
    private let counts: ReloadCounts

    /// Faults and keys beyond so many are not listed.
    private static let most = 30

    init(_ log: Logger, _ counts: ReloadCounts) { (self.log, self.counts) = (log, counts) }

    func applied(_ cause: Reloader.Cause, _ generation: Int, _ changed: [String], _ needsRestart: [String]) {
        counts.count(.applied)
        var fields = fields(.applied, cause, generation)
        let more = changed.count > Self.most ? " and \(changed.count - Self.most) more" : ""
        fields["changed"] = "\(changed.prefix(Self.most).joined(separator: " "))\(more)"
        log.notice("configuration applied", metadata: fields)
        guard !needsRestart.isEmpty else { return }
        fields["changed"] = "\(needsRestart.joined(separator: " "))"
        log.warning("these keys need a restart", metadata: fields)
    }

    func unchanged(_ cause: Reloader.Cause, _ generation: Int) {
        counts.count(.unchanged)
        log.notice("configuration unchanged", metadata: fields(.unchanged, cause, generation))
    }

    /// One line for each fault, as `check` prints them.
    func refused(_ cause: Reloader.Cause, _ generation: Int, _ faults: [String]) {
        counts.count(.refused)
        for fault in faults.prefix(Self.most) {
            var fields = fields(.refused, cause, generation)
            fields["fault"] = "\(fault)"
            log.error("configuration refused; the one before stays", metadata: fields)
        }
    }

    private func fields(_ outcome: ReloadOutcome, _ cause: Reloader.Cause, _ generation: Int) -> Logger.Metadata {
        [
            "event": "reload", "outcome": "\(outcome.rawValue)", "cause": "\(cause.rawValue)",
            "generation": "\(generation)",
        ]
    }
}
