internal import Bytes

/// One identity provider's token endpoint and our registration there.
package struct ProviderConfiguration: Sendable {
    /// `default`, or the name in `providers`.
    package internal(set) var name = ""
    /// How a user token becomes a minted one.
    package internal(set) var grant = Grant.jwtBearer
    /// What a token exchange calls the user tokens.
    package internal(set) var subjectTokenType = TokenType.accessToken
    /// What a token exchange asks for; nil to leave it to the provider.
    package internal(set) var requestedTokenType: TokenType?
    /// Where to exchange; nil to find it by discovery of the first issuer.
    package internal(set) var tokenEndpoint: UpstreamURL?
    /// Our application's id.
    package internal(set) var clientID = ""
    /// How we prove to be that application.
    package internal(set) var credential = ClientCredential.secret(ConfiguredSecret(value: Secret(""), source: .inline))
    /// How the credential is shown.
    package internal(set) var clientAuthentication = ClientAuthentication.post
    /// Form parameters added to the exchange, none of them one that the grant itself sends.
    package internal(set) var parameters: [FormParameter] = []
    /// Trust anchors for the token endpoint beside the system's, PEM.
    package internal(set) var ca: ConfiguredFile?
    /// How long one attempt may take, at most 10 s.
    package internal(set) var timeout = Duration.zero
    /// Further attempts after a transient failure: 0 or 1.
    package internal(set) var retries = 0
    /// Connections of the whole process to this provider.
    package internal(set) var maxConnections = 1

    /// What was set of the credential, until `CredentialRules` has made one of it.
    var draft = CredentialDraft()
}

/// How a user token becomes a minted one.
package enum Grant: String, CaseIterable, Sendable {
    /// RFC 7523 with Entra's `requested_token_use=on_behalf_of`.
    case jwtBearer = "jwt-bearer"
    /// RFC 8693.
    case tokenExchange = "token-exchange"
}

/// What a token is (RFC 8693 §3).
package enum TokenType: String, CaseIterable, Sendable {
    /// An OAuth access token, of whatever form.
    case accessToken = "access_token"
    /// A JWT.
    case jwt
}

/// A form parameter.
package struct FormParameter: Hashable, Sendable {
    /// Before form encoding.
    package let name: String
    /// Before form encoding.
    package let value: String
}
