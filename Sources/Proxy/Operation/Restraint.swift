internal import Configuration
internal import Linux
internal import Logging

/// What the process gives up before it does anything, and the log's line about it. Nothing that it does later, binding its
/// listeners included, needs any of it.
struct Restraint {
    /// Nil where the operator wants none.
    private let hardening: Hardening?

    /// To be made before any thread is started, the log's among them: threads get it from the one that starts them.
    init(_ configuration: ProxyConfiguration) {
        hardening =
            configuration.hardening == .auto
            ? Hardening.apply(socketDirectories: Self.directories(of: configuration)) : nil
    }

    func tell(_ log: Logger) {
        guard let hardening else { return log.notice("hardening is off", metadata: ["event": "hardening"]) }
        log.notice(
            "hardened",
            metadata: [
                "event": "hardening", "no_new_privileges": "\(hardening.privileges)",
                "unreadable_memory": "\(hardening.memory)", "system_call_filter": "\(hardening.systemCalls)",
                "unwritable_files": "\(hardening.files)",
            ])
    }

    /// Where listeners have sockets in the file system, which a reload may have to make anew.
    private static func directories(of configuration: ProxyConfiguration) -> [String] {
        [configuration.listen, configuration.admin].compactMap { address in
            guard case .unix(let path) = address else { return nil }
            return path.lastIndex(of: "/").map { String(path[...$0]) }
        }
    }
}
