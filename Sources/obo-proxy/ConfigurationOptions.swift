internal import ArgumentParser
internal import Configuration
internal import FoundationEssentials

/// Options of every command that needs a configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration file; else OBO_CONFIG, ./proxy.yaml, /etc/obo-proxy/proxy.yaml, environment.")
    var config: String?

    /// Where the command line, the environment or the file system say that the configuration is.
    var source: ConfigurationSource {
        let environment = ProcessInfo.processInfo.environment
        return ConfigurationSource(
            file: ProxyConfiguration.path(flag: config, environment: environment), environment: environment)
    }

    /// Reads the configuration.
    /// - Throws: exit code 78 after every problem was printed on standard error.
    func load(_ source: ConfigurationSource? = nil) throws -> LoadedConfiguration {
        do throws(ConfigurationErrors) { return try (source ?? self.source).load() } catch {
            StandardError.write(error.description)
            throw ExitCode.badConfiguration
        }
    }
}
