/// What must hold between the keys of `identity`.
enum IdentityRules {
    static func apply(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        issuer(configuration, &resolver)
        if !configuration.identity.issuers.isEmpty {
            let issuers = configuration.identity.issuers.map(\.identifier)
            resolver.show("identity.issuer", issuers.joined(separator: ", "))
        }
        if configuration.identity.issuers.count > 1, configuration.identity.jwksURI != nil {
            // One issuer's key could sign in another one's name.
            resolver.fail("identity.jwks_uri", "expected a single issuer beside it; several are found by discovery")
        }
        if configuration.identity.tokens == .opaque, resolver.isSet("identity.require_scope") {
            resolver.fail(
                "identity.require_scope", "expected identity.tokens: jwt beside it; no other scope can be read")
        }
        audience(&configuration, &resolver)
    }

    /// Somebody must be trusted to sign user tokens; where nobody checks them here, to name the token endpoint.
    private static func issuer(_ configuration: ProxyConfiguration, _ resolver: inout Resolver) {
        let path = "identity.issuer"
        guard configuration.identity.issuers.isEmpty, !resolver.isSet(path) else { return }
        let isAsked = configuration.providers.values.contains { $0.tokenEndpoint == nil }
        if configuration.identity.tokens == .jwt || isAsked {
            resolver.fail(path, "required; set it in the file or by \(KeyName.variable(of: path))")
        } else {
            resolver.show(path, "(none)")
        }
    }

    /// The client id and its usual URI, unless something else is set.
    private static func audience(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        let path = "identity.audience"
        guard !resolver.isSet(path) else { return }
        guard let provider = configuration.providers[ProviderConfiguration.defaultName] else {
            if configuration.identity.tokens == .opaque { return }
            resolver.fail(path, "required, since there is no exchange.client_id to be the audience")
            return
        }
        guard !provider.clientID.isEmpty else { return }
        configuration.identity.audiences = [provider.clientID, "api://\(provider.clientID)"]
        resolver.show(path, configuration.identity.audiences.joined(separator: ", "))
    }
}
