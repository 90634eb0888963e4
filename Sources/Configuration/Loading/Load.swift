#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A configuration that passed every check, and how it came about.
package struct LoadedConfiguration: Sendable {
    /// What the proxy runs on.
    package let configuration: ProxyConfiguration
    /// Every key with its value, redacted where it is secret, and its origin, in the schema's order.
    package let effective: [EffectiveValue]
    /// The files that were read, and what was in them.
    package let files: FilePrints
}

extension ProxyConfiguration {
    /// Reads and checks everything. Does no input itself.
    /// - Parameters:
    ///   - file: the configuration file's path, nil to use the environment alone.
    ///   - environment: all variables. An empty one counts as not set.
    ///   - now: seconds since 1970, which certificates must outlast.
    ///   - readFile: reads a whole file: the configuration, secrets, certificates.
    ///   - seen: notes what the files held, also of a configuration that is refused.
    /// - Throws: everything that is wrong, not only the first.
    package static func load(
        file: String?, environment: [String: String], now: Int = time(nil),
        readFile: @escaping FileReader = SystemFile.read, seen: SeenFiles = SeenFiles()
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        let readFile = { path throws(FileFault) in try seen.read(path, by: readFile) }
        let document = try document(file, environment, readFile)
        if document.isUnreadable { throw ConfigurationErrors(document.problems) }
        let resolver = Resolver(document: document, environment: environment, now: now, readFile: readFile)
        var loader = Loader(resolver: resolver)
        loader.fill()
        let problems = loader.problems
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
        // A platform's token is read for each exchange, and replaced every hour: no news of the configuration.
        for path in loader.configuration.providers.values.compactMap(\.federatedTokenFile) { seen.forget(path) }
        loader.takeFingerprints(seen.prints)
        return LoadedConfiguration(configuration: loader.configuration, effective: loader.effective, files: seen.prints)
    }

    private static func document(
        _ file: String?, _ environment: [String: String], _ readFile: FileReader
    ) throws(ConfigurationErrors) -> DocumentValues {
        guard let file else { return DocumentValues() }
        do throws(FileFault) {
            return DocumentReader.read(try readFile(file), file: file, environment: environment)
        } catch {
            throw ConfigurationErrors([ConfigurationProblem(.standard, nil, "\(file): \(error)")])
        }
    }

    /// Where the configuration file is: `flag`, else `OBO_CONFIG`, else `proxy.yaml` here, else in `/etc/obo-proxy`;
    /// nil when there is none. A file that was named is not looked for elsewhere.
    package static func path(
        flag: String?, environment: [String: String], exists: (String) -> Bool = SystemFile.exists
    ) -> String? {
        if let flag { return flag }
        if let variable = environment["OBO_CONFIG"].flatMap(nonEmpty) { return variable }
        return ["proxy.yaml", "/etc/obo-proxy/proxy.yaml"].first(where: exists)
    }
}

/// Fills the model section by section, then applies the rules between keys.
private struct Loader {
    var resolver: Resolver
    var configuration = ProxyConfiguration()

    init(resolver: Resolver) { self.resolver = resolver }

    var problems: [ConfigurationProblem] {
        let unknown = UnknownVariables(known: resolver.known.union(resolver.document.variables))
        return resolver.problems + unknown.problems(in: resolver.environment)
    }

    /// Processes, providers, servers: the order of the schema, not the one of the work.
    var effective: [EffectiveValue] {
        func rank(_ value: EffectiveValue) -> Int {
            ["exchange.", "providers.", "servers."].firstIndex { value.key.hasPrefix($0) }.map { $0 + 1 } ?? 0
        }
        return (0...3).flatMap { section in resolver.effective.filter { rank($0) == section } }
    }

    mutating func fill() {
        resolver.fill(Schema.process, "", &configuration)
        fillServers()
        fillProviders()
        ListenerRules.apply(&configuration, &resolver)
        IdentityRules.apply(&configuration, &resolver)
        ServerRules.apply(configuration, &resolver)
    }

    mutating func takeFingerprints(_ files: FilePrints) {
        configuration.fingerprints = resolver.resolved.mapValues { Fingerprint($0.raw, files) }
    }

    private mutating func fillServers() {
        for name in names(.servers) {
            var server = ServerConfiguration()
            server.name = name
            server.timeouts = ServerTimeouts(configuration.timeouts)
            resolver.fill(Schema.server, "servers.\(name).", &server)
            configuration.servers.append(server)
        }
    }

    private mutating func fillProviders() {
        let name = ProviderConfiguration.defaultName
        if isDefaultProviderWanted { fillProvider(name, "exchange.", fallbacks: true) }
        for entry in names(.providers) where entry != name {
            fillProvider(entry, "providers.\(entry).", fallbacks: false)
        }
        if names(.providers).contains(name) {
            resolver.fail("providers.\(name)", "the provider called default is the section exchange")
        }
    }

    private mutating func fillProvider(_ name: String, _ prefix: String, fallbacks: Bool) {
        var provider = ProviderConfiguration()
        provider.name = name
        resolver.fill(Schema.provider, prefix, &provider, fallbacks: fallbacks)
        ProviderRules.apply(&provider, prefix, isEntra: configuration.isEntra(provider), &resolver)
        configuration.providers[name] = provider
    }

    /// Nobody has to configure a default provider when every server names another one.
    private var isDefaultProviderWanted: Bool {
        let isUsed = configuration.servers.contains { $0.provider == ProviderConfiguration.defaultName }
        // OBO_CA_FILE is identity's too.
        let isSet = Schema.provider.filter { $0.facts.path != "ca_file" }.contains {
            let variable = KeyName.variable(of: "exchange.\($0.facts.path)")
            return [variable, variable + "_FILE"].contains { resolver.environment[$0].flatMap(nonEmpty) != nil }
        }
        return isUsed || isSet || configuration.servers.isEmpty || resolver.document.sections["exchange"] != nil
    }

    /// The file's entries in its order, then those of the environment by name.
    private func names(_ section: NamedSection) -> [String] {
        let written = resolver.document.names[section] ?? []
        let set = resolver.environment.filter { !$0.value.isEmpty }.keys
        let others = Set(set.compactMap { KeyName.entry(of: $0, in: section) }).subtracting(written)
        return written + others.sorted()
    }
}

extension ProviderConfiguration {
    fileprivate var federatedTokenFile: String? {
        if case .federatedToken(let path) = credential { path } else { nil }
    }
}

extension ServerTimeouts {
    /// The process-wide ones.
    fileprivate init(_ timeouts: TimeoutSettings) {
        connect = timeouts.connect
        response = timeouts.response
        streamIdle = timeouts.streamIdle
        sseKeepalive = timeouts.sseKeepalive
    }
}
