internal import ArgumentParser
internal import Configuration
internal import FoundationEssentials

/// Options of every command that needs a configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration file; else OBO_CONFIG, ./proxy.yaml, /etc/obo-proxy/proxy.yaml, environment.")
    var config: String?

    /// Reads the configuration from where the command line, the environment or the file system say.
    /// - Throws: exit code 78 after every problem was printed on standard error.
    func load() throws -> LoadedConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let file = ProxyConfiguration.path(flag: config, environment: environment)
        do throws(ConfigurationErrors) {
            return try ProxyConfiguration.load(file: file, environment: environment)
        } catch {
            StandardError.write(error.description)
            throw ExitCode.badConfiguration
        }
    }
}
