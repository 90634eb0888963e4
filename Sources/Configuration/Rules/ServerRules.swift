/// What must hold between a server and its provider.
enum ServerRules {
    static func apply(_ configuration: ProxyConfiguration, _ resolver: inout Resolver) {
        if configuration.servers.isEmpty {
            resolver.fail(
                "servers", "expected at least one server, in the file or by OBO_SERVER_<NAME>_URL and _SCOPES")
        }
        for server in configuration.servers {
            provider(server, configuration, &resolver)
            resource(server, configuration, &resolver)
            parameters(server, configuration, &resolver)
            tools(server, &resolver)
        }
    }

    /// Each name in a call is compared with each pattern.
    private static func tools(_ server: ServerConfiguration, _ resolver: inout Resolver) {
        for (key, patterns) in [("allow", server.tools.allow ?? []), ("deny", server.tools.deny)]
        where patterns.count > 256 {
            resolver.fail("servers.\(server.name).tools.\(key)", "expected at most 256 names, found \(patterns.count)")
        }
    }

    private static func provider(
        _ server: ServerConfiguration, _ configuration: ProxyConfiguration, _ resolver: inout Resolver
    ) {
        guard !server.provider.isEmpty, configuration.providers[server.provider] == nil else { return }
        let names = configuration.providers.keys.sorted()
        let hint = suggestion(for: server.provider, among: names).map { "did you mean \($0)?" }
        resolver.fail(
            "servers.\(server.name).provider",
            "expected a name in providers; \(hint ?? "known are \(names.joined(separator: ", "))")")
    }

    private static func parameters(
        _ server: ServerConfiguration, _ configuration: ProxyConfiguration, _ resolver: inout Resolver
    ) {
        guard let provider = configuration.providers[server.provider], configuration.isEntra(provider),
            server.parameters.nameResource
        else { return }
        resolver.fail("servers.\(server.name).obo.parameters", "Entra refuses resource beside scope; remove it")
    }

    /// A token is for one resource: Entra refuses a list that names two (AADSTS28000).
    private static func resource(
        _ server: ServerConfiguration, _ configuration: ProxyConfiguration, _ resolver: inout Resolver
    ) {
        guard configuration.providers[server.provider]?.grant == .jwtBearer else { return }
        if Set(server.scopes.compactMap(resource)).count > 1 {
            resolver.fail("servers.\(server.name).obo.scopes", "expected scopes of one resource, found several")
        }
    }

    /// The resource that a scope belongs to: what stands before its last slash. Plain names are Microsoft Graph's,
    /// OpenID Connect's own belong to none.
    private static func resource(of scope: String) -> String? {
        if ["openid", "profile", "email", "offline_access"].contains(scope) { return nil }
        guard let slash = scope.lastIndex(of: "/") else { return "https://graph.microsoft.com" }
        return String(scope[..<slash]).lowercased()
    }
}
