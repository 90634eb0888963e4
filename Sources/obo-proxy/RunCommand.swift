internal import ArgumentParser
internal import Configuration
internal import Proxy

/// Serves until it is told to stop.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve until SIGTERM or SIGINT, then drain; reload on SIGHUP. The default.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        ProxyProcess.prepare()
        let source = options.source
        let loaded = try options.load(source)
        do throws(StartFault) { try ProxyProcess.run(loaded, from: source) } catch {
            StandardError.write(error.description)
            throw error.exitCode
        }
    }
}

extension StartFault {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .unusable: .badConfiguration
        case .cannotBind: .cannotBind
        }
    }
}
