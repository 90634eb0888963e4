/// What must hold between the keys of `identity`.
enum IdentityRules {
    static func apply(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        if !configuration.identity.issuers.isEmpty {
            let issuers = configuration.identity.issuers.map(\.identifier)
            resolver.show("identity.issuer", issuers.joined(separator: ", "))
        }
        if configuration.identity.issuers.count > 1, configuration.identity.jwksURI != nil {
            // One issuer's key could sign in another one's name.
            resolver.fail("identity.jwks_uri", "expected a single issuer beside it; several are found by discovery")
        }
        audience(&configuration, &resolver)
    }

    /// The client id and its usual URI, unless something else is set.
    private static func audience(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        let path = "identity.audience"
        guard !resolver.isSet(path) else { return }
        guard let provider = configuration.providers[ProviderConfiguration.defaultName] else {
            resolver.fail(path, "required, since there is no exchange.client_id to be the audience")
            return
        }
        guard !provider.clientID.isEmpty else { return }
        configuration.identity.audiences = [provider.clientID, "api://\(provider.clientID)"]
        resolver.show(path, configuration.identity.audiences.joined(separator: ", "))
    }
}
