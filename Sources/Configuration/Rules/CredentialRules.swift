internal import OpenSSL

/// Makes a provider's one credential of what is set.
struct CredentialRules {
    private let prefix: String

    /// Keys whose files are read again for each exchange.
    static let reread: Set<String> = ["client_secret", "certificate", "key", "key_password", "federated_token_file"]

    /// - Parameter prefix: `exchange.` or `providers.<name>.`
    static func apply(_ provider: inout ProviderConfiguration, _ prefix: String, _ resolver: inout Resolver) {
        let rules = CredentialRules(prefix: prefix)
        guard let way = rules.choose(&resolver) else { return }
        rules.checkCompany(of: way, &resolver)
        rules.checkPlacement(of: way, provider, &resolver)
        if let credential = rules.credential(way, provider, &resolver) { provider.credential = credential }
    }

    /// The ways to prove who we are, in the order in which Azure's own libraries try their variables.
    private enum Way: CaseIterable {
        case secret, certificate, federatedToken, managedIdentity

        /// Setting one of these means this way; the first is the one that it cannot do without.
        var keys: [String] {
            switch self {
            case .secret: ["client_secret"]
            case .certificate: ["certificate", "key"]
            case .federatedToken: ["federated_token_file"]
            case .managedIdentity:
                ["managed_identity.client_id", "managed_identity.endpoint", "managed_identity.resource"]
            }
        }

        /// Keys that say more about it, and mean nothing without it.
        var companions: [String] { self == .certificate ? ["key_password", "assertion_algorithm"] : [] }
    }

    /// The nearest one wins; two as near as each other are a question that only the operator can answer.
    private func choose(_ resolver: inout Resolver) -> Way? {
        let set = Way.allCases.compactMap { way -> (way: Way, key: String, precedence: Precedence)? in
            let keys = way.keys.map { prefix + $0 }.filter(resolver.isSet)
            return keys.first.map { (way, $0, resolver.resolved[$0]?.precedence ?? .file) }
        }
        guard let nearest = set.map(\.precedence).min(), let winner = set.first(where: { $0.precedence == nearest })
        else {
            let variable = KeyName.variable(of: prefix + "client_secret")
            let message = "required; set it in the file or by \(variable) or \(variable)_FILE"
            resolver.fail(prefix + "client_secret", message)
            return nil
        }
        if nearest <= .file, let other = set.last(where: { $0.precedence <= .file }), other.key != winner.key {
            resolver.fail(other.key, "expected one way to authenticate; \(winner.key) is set too")
        }
        for loser in set where loser.way != winner.way {
            for key in loser.way.keys where resolver.isSet(prefix + key) { resolver.show(prefix + key, "(not used)") }
        }
        return winner.way
    }

    /// What belongs to another way is a slip; in somebody else's variables it may stand.
    private func checkCompany(of winner: Way, _ resolver: inout Resolver) {
        for way in Way.allCases where way != winner {
            let isMeant = way.keys.contains { resolver.isSet(prefix + $0) }
            for key in way.companions.map({ prefix + $0 }) where resolver.isSet(key) {
                let isOurs = resolver.resolved[key].map { $0.precedence <= .file } ?? true
                if isOurs, !isMeant { resolver.fail(key, "expected only beside \(prefix)\(way.keys[0])") }
                resolver.show(key, "(not used)")
            }
        }
    }

    private func checkPlacement(of way: Way, _ provider: ProviderConfiguration, _ resolver: inout Resolver) {
        let key = prefix + "client_auth"
        switch provider.clientAuthentication {
        case .post: break
        case .basic:
            if way != .secret { resolver.fail(key, "expected post or tls; basic is for a client secret") }
        case .tls:
            if way != .certificate { resolver.fail(key, "expected post or basic; tls is for a certificate") }
            if provider.tokenEndpoint?.scheme == .http {
                resolver.fail(prefix + "token_endpoint", "expected an https URL, since the certificate is shown in TLS")
            }
        }
    }

    private func credential(
        _ way: Way, _ provider: ProviderConfiguration, _ resolver: inout Resolver
    ) -> ClientCredential? {
        let draft = provider.draft
        switch way {
        case .secret: return draft.secret.map { .secret($0) }
        case .certificate:
            guard let files = CertificateRules(prefix: prefix).files(provider, &resolver) else { return nil }
            return provider.clientAuthentication == .tls ? .mutualTLS(files) : .signedAssertion(files, draft.algorithm)
        case .federatedToken:
            let key = prefix + "federated_token_file"
            return draft.federatedTokenFile.flatMap { resolver.file($0, for: key) }.map {
                .federatedToken(path: $0.path)
            }
        case .managedIdentity: return managedIdentity(draft, &resolver).map { .managedIdentity($0) }
        }
    }

    private func managedIdentity(_ draft: CredentialDraft, _ resolver: inout Resolver) -> ManagedIdentitySettings? {
        guard let clientID = draft.managedClientID else {
            let message = "required; only a user-assigned identity can stand in for an application"
            resolver.fail(prefix + "managed_identity.client_id", message)
            return nil
        }
        guard let (service, endpoint) = ManagedIdentityPlace.find(draft.managedEndpoint, &resolver) else { return nil }
        guard endpoint.query == nil else {
            resolver.fail(prefix + "managed_identity.endpoint", "expected a URL without a query")
            return nil
        }
        resolver.show(prefix + "managed_identity.endpoint", "\(endpoint)")
        return ManagedIdentitySettings(
            service: service, endpoint: endpoint, clientID: clientID, resource: draft.managedResource)
    }
}
