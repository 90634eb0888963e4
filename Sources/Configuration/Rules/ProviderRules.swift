/// What must hold between the keys of one provider.
enum ProviderRules {
    /// - Parameter prefix: `exchange.` or `providers.<name>.`
    /// - Parameter isEntra: see `ProxyConfiguration.isEntra`.
    static func apply(
        _ provider: inout ProviderConfiguration, _ prefix: String, isEntra: Bool, _ resolver: inout Resolver
    ) {
        CredentialRules.apply(&provider, prefix, &resolver)
        for key in ["subject_token_type", "requested_token_type"]
        where provider.grant == .jwtBearer && resolver.isSet(prefix + key) {
            resolver.fail(prefix + key, "expected grant: token-exchange beside it; jwt-bearer has no such field")
        }
        if isEntra, provider.parameters.nameResource {
            resolver.fail(prefix + "parameters", "Entra refuses resource beside scope; remove it")
        }
    }
}

extension ProxyConfiguration {
    /// Whether the provider is Microsoft's: by its own token endpoint, or by the issuer whose discovery names it.
    func isEntra(_ provider: ProviderConfiguration) -> Bool {
        (provider.tokenEndpoint ?? identity.issuers.first?.discovery).map { Entra.isHost($0.host) } ?? false
    }
}

extension [FormParameter] {
    /// Whether one of them is what Entra's first version had in place of scopes.
    var nameResource: Bool { contains { $0.name.lowercased() == "resource" } }
}

extension ProviderConfiguration {
    /// The name of the provider in the section `exchange`.
    package static let defaultName = "default"
}
