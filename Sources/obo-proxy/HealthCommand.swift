internal import ArgumentParser
internal import Configuration
internal import Proxy

/// For probes of containers without a shell.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the running proxy's admin listener whether it serves.",
        discussion: """
            For health checks and probes that can only start a program: it reads the same configuration as the running \
            proxy, asks its admin listener, which may stay on loopback, and prints nothing unless the answer is no.

            Exit codes: 0 when the answer is yes, 1 otherwise, 78 for a bad configuration.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Ask whether it can take calls (/readyz), not only whether it lives (/healthz).")
    var ready = false

    func run() throws {
        let configuration = try options.load().configuration
        let complaint: String
        switch HealthQuestion.ask(configuration, ready: ready, within: 5) {
        case .yes: return
        case .no(let said): complaint = said
        case .silence(let reason): complaint = "no answer from the admin listener: \(reason)"
        case .cannotAsk: complaint = "there is no admin listener to ask: see admin.listen"
        }
        StandardError.write(complaint)
        throw ExitCode(1)
    }
}
