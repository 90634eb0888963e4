/// Where a process has its configuration from, from its start to its end.
package struct ConfigurationSource: Sendable {
    /// nil to use the environment alone.
    package let file: String?
    /// As it was when the process began; nobody can change it from outside.
    package let environment: [String: String]

    package init(file: String?, environment: [String: String]) {
        (self.file, self.environment) = (file, environment)
    }

    /// Reads and checks everything at the start.
    package func load() throws(ConfigurationErrors) -> LoadedConfiguration {
        try ProxyConfiguration.load(file: file, environment: environment)
    }

    /// The same while the proxy runs, when nobody can be waited for.
    /// - Parameter seen: notes the files, also of a configuration that is refused.
    package func loadAgain(_ seen: SeenFiles) throws(ConfigurationErrors) -> LoadedConfiguration {
        try ProxyConfiguration.load(
            file: file, environment: environment, readFile: SystemFile.readAgain, seen: seen)
    }
}
