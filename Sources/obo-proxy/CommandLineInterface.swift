internal import ArgumentParser

/// The command line: what it can do is in the subcommands, what they share is here.
struct CommandLineInterface: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obo-proxy",
        abstract: "Gives every call of a chat server's MCP client a token minted on behalf of its user.",
        subcommands: [
            RunCommand.self, CheckCommand.self, DoctorCommand.self, HealthCommand.self, VersionCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}

extension ExitCode {
    /// `EX_CONFIG` of sysexits.h: the configuration is bad.
    static let badConfiguration = ExitCode(78)
    /// `EX_OSERR` of sysexits.h: the system refuses an address to listen on.
    static let cannotBind = ExitCode(71)
}
