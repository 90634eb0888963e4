/// What must hold between the keys of one provider.
enum ProviderRules {
    /// - Parameter prefix: `exchange.` or `providers.<name>.`
    static func apply(_ provider: inout ProviderConfiguration, _ prefix: String, _ resolver: inout Resolver) {
        credential(&provider, prefix, &resolver)
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

    /// The ways to prove who we are, in the order in which Azure's own libraries try their variables.
    private static let ways = [
        ["client_secret"], ["certificate", "key"], ["federated_token_file"],
        ["managed_identity.client_id", "managed_identity.endpoint"],
    ]

    /// The nearest one wins; two as near as each other are a question that only the operator can answer.
    private static func credential(
        _ provider: inout ProviderConfiguration, _ prefix: String, _ resolver: inout Resolver
    ) {
        let set = ways.compactMap { way -> (key: String, precedence: Precedence)? in
            let keys = way.map { prefix + $0 }.filter(resolver.isSet)
            return keys.first.map { ($0, resolver.resolved[$0]?.precedence ?? .file) }
        }
        guard let nearest = set.map(\.precedence).min(), let winner = set.first(where: { $0.precedence == nearest })
        else {
            resolver.fail(prefix + "client_secret", "required; set it in the file or by \(variables(prefix))")
            return
        }
        if nearest <= .file, let other = set.last(where: { $0.precedence <= .file }), other.key != winner.key {
            resolver.fail(other.key, "expected one way to authenticate; \(winner.key) is set too")
        }
        if nearest > .file, winner.key != prefix + "client_secret" {
            resolver.fail(winner.key, "not supported yet; set \(variables(prefix))")
        }
        for loser in set where loser.key != winner.key { resolver.show(loser.key, "(not used)") }
        if let secret = provider.clientSecret { provider.credential = .secret(secret) }
    }

    private static func variables(_ prefix: String) -> String {
        let name = KeyName.variable(of: prefix + "client_secret")
        return "\(name) or \(name)_FILE"
    }
}

extension ProviderConfiguration {
    /// The name of the provider in the section `exchange`.
    package static let defaultName = "default"
}
