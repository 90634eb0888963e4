package import Bytes

/// What all exchanges for one server have in common: from whom, as which client, by which grant, for which scopes.
/// Made once per server when the configuration is read.
package struct ExchangeTarget: Sendable {
    /// One extra form field.
    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What makes a configuration unusable for an exchange.
    package enum Fault: Error, Equatable, Sendable {
        case emptyClientID
        case emptyScopes
        /// A character outside RFC 6749 §3.3.
        case invalidScopes
        /// A parameter that the proxy sends itself; overriding it would change whose token is asked for.
        case reservedParameter(String)
        case repeatedParameter(String)
    }

    package let provider: String
    package let tokenEndpoint: String
    package let clientID: String
    package let grant: Grant
    package let scopes: String
    package let parameters: [Parameter]
    /// Whether to tell the provider that claims challenges are handled for this server.
    package let declaresCapability: Bool
    /// The audiences that a minted token must not have; nil where minted tokens are taken unread. Servers that look find
    /// no token that was minted for one that does not.
    package let refusedAudiences: [String]?

    /// Fields that no configured parameter may carry.
    package static let reservedParameters: Set<String> = [
        "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "assertion", "scope",
        "requested_token_use", "claims", "subject_token", "subject_token_type", "requested_token_type", "actor_token",
        "actor_token_type",
    ]

    /// - Parameters:
    ///   - scopes: separated by single spaces.
    ///   - parameters: sent in this order after the grant's own fields.
    package init(
        provider: String, tokenEndpoint: String, clientID: String, grant: Grant = .jwtBearer, scopes: String,
        parameters: [Parameter] = [], declaresCapability: Bool = false, refusedAudiences: [String]? = nil
    ) throws(Fault) {
        guard !clientID.isEmpty else { throw .emptyClientID }
        guard !scopes.isEmpty else { throw .emptyScopes }
        guard scopes.utf8.allSatisfy(Self.isScopeByte) else { throw .invalidScopes }
        var seen: Set<String> = []
        for parameter in parameters {
            guard !Self.reservedParameters.contains(parameter.name) else { throw .reservedParameter(parameter.name) }
            guard seen.insert(parameter.name).inserted else { throw .repeatedParameter(parameter.name) }
        }
        self.provider = provider
        self.tokenEndpoint = tokenEndpoint
        self.clientID = clientID
        self.grant = grant
        self.scopes = scopes
        self.parameters = parameters
        self.declaresCapability = declaresCapability
        self.refusedAudiences = refusedAudiences
    }

    /// The claims request of an exchange; nil for none.
    /// - Parameter challenge: what the server demands, nil for an ordinary exchange.
    package func claims(for challenge: ClaimsChallenge? = nil) -> String? {
        ClaimsRequest.text(declaresCapability: declaresCapability, challenge: challenge)
    }

    private static func isScopeByte(_ byte: UInt8) -> Bool {
        0x20...0x7e ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The half of a cache key that does not depend on the user: a digest over every field that may change what the
    /// provider would mint, or whether it is taken. Each is preceded by its length, or `a` + `bc` would find the token of `ab` + `c`.
    ///
    /// - Parameters:
    ///   - claims: what `claims(for:)` says.
    ///   - digest: SHA-256.
    package func service(claims: String? = nil, digest: (Span<UInt8>) -> Digest256) -> Digest256 {
        let buffer = ByteBuffer()
        let fields = [provider, tokenEndpoint, grantText, clientID, scopes]
        for field in fields { buffer.appendPrefixed(field) }
        buffer.append(decimal: UInt64(parameters.count))
        for parameter in parameters {
            buffer.appendPrefixed(parameter.name)
            buffer.appendPrefixed(parameter.value)
        }
        buffer.append(decimal: UInt64(refusedAudiences.map { $0.count &+ 1 } ?? 0))
        for audience in refusedAudiences ?? [] { buffer.appendPrefixed(audience) }
        if let claims { buffer.appendPrefixed(claims) }
        return buffer.withSpan { digest($0) }
    }
}

extension ExchangeTarget {
    /// The grant with its token types, one text for each.
    private var grantText: String {
        switch grant {
        case .jwtBearer: grant.type
        case .tokenExchange(let subject, let requested):
            "\(grant.type) \(subject.rawValue) \(requested?.rawValue ?? "any")"
        }
    }
}

extension ByteBuffer {
    fileprivate func appendPrefixed(_ text: String) {
        append(decimal: UInt64(text.utf8.count))
        append(byte: UInt8(ascii: ":"))
        append(string: text)
    }
}
