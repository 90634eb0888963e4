internal import Configuration
internal import OnBehalfOf

extension ExchangeTarget {
    /// What all exchanges for one server have in common.
    init(
        _ server: ServerConfiguration, _ provider: ProviderConfiguration, issuer: Issuer?, check: MintedCheck?
    ) throws(StartFault) {
        let replaced = Set(server.parameters.map(\.name))
        let parameters = provider.parameters.filter { !replaced.contains($0.name) } + server.parameters
        do throws(Fault) {
            try self.init(
                provider: provider.name,
                // Without one of its own the issuer's discovery names it, so the issuer stands for it in cache keys.
                tokenEndpoint: provider.tokenEndpoint.map { "\($0)" } ?? issuer.map { "discovery of \($0.identifier)" }
                    ?? "",
                clientID: provider.clientID, grant: OnBehalfOf.Grant(provider),
                scopes: server.scopes.joined(separator: " "),
                parameters: parameters.map { Parameter($0.name, $0.value) },
                declaresCapability: server.takesChallenges, refusedAudiences: check?.own)
        } catch { throw .unusable("servers.\(server.name)", "\(error)") }
    }
}

extension OnBehalfOf.Grant {
    init(_ provider: ProviderConfiguration) {
        switch provider.grant {
        case .jwtBearer: self = .jwtBearer
        case .tokenExchange:
            self = .tokenExchange(
                subject: OnBehalfOf.TokenType(provider.subjectTokenType),
                requested: provider.requestedTokenType.map { OnBehalfOf.TokenType($0) })
        }
    }
}

extension OnBehalfOf.TokenType {
    init(_ configured: Configuration.TokenType) {
        switch configured {
        case .accessToken: self = .accessToken
        case .jwt: self = .jwt
        }
    }
}
