internal import ArgumentParser
internal import Configuration
internal import Proxy

/// Looks at everything that a call depends on, and says what is to be mended.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try discovery, keys, clock, client credentials and servers on line, and explain what fails.",
        discussion: """
            Fetches each issuer's discovery document and keys, compares the clocks, has each provider refuse a forged \
            user token to see whether it accepts the client, and opens a connection to each server without sending \
            anything over it. With --token-file the token in it is judged as a call's would be, and then exchanged \
            for each server; nothing is forwarded.

            One line for each check: ok, warn, FAIL, or skip for what cannot be tried while something else fails; \
            what to do stands indented beneath. Of tokens only iss, aud, scp, exp and ver are ever printed.

            Exit codes: 0 when nothing has to be mended, 1 otherwise, 78 for a bad configuration.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "A file that holds a user's access token, as the chat server would send it.")
    var tokenFile: String?

    func run() throws {
        let loaded = try options.load()
        let summary: Summary
        do throws(StartFault) {
            summary = try DoctorVisit.run(loaded.configuration, tokenFile: tokenFile) { print($0) }
        } catch {
            StandardError.write(error.description)
            throw ExitCode.badConfiguration
        }
        print(summary)
        if !summary.isGood { throw ExitCode(1) }
    }
}
