/// What must hold between the keys of one provider.
enum ProviderRules {
    /// - Parameter prefix: `exchange.` or `providers.<name>.`
    static func apply(_ provider: inout ProviderConfiguration, _ prefix: String, _ resolver: inout Resolver) {
        CredentialRules.apply(&provider, prefix, &resolver)
        for key in ["subject_token_type", "requested_token_type"]
        where provider.grant == .jwtBearer && resolver.isSet(prefix + key) {
            resolver.fail(prefix + key, "expected grant: token-exchange beside it; jwt-bearer has no such field")
        }
        if let endpoint = provider.tokenEndpoint, Entra.isHost(endpoint.host),
            provider.parameters.contains(where: { $0.name.lowercased() == "resource" })
        {
            resolver.fail(prefix + "parameters", "Entra refuses resource beside scope; remove it")
        }
    }
}

extension ProviderConfiguration {
    /// The name of the provider in the section `exchange`.
    package static let defaultName = "default"
}
