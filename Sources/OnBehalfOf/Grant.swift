/// How a user's token becomes one for a server.
package enum Grant: Sendable, Equatable {
    /// Entra's On-Behalf-Of flow: RFC 7523 §2.1 with Microsoft's `requested_token_use`.
    case jwtBearer
    /// RFC 8693: what Keycloak, Okta, Auth0, ZITADEL and others offer.
    case tokenExchange(subject: TokenType, requested: TokenType?)

    /// The value of `grant_type`.
    package var type: String {
        switch self {
        case .jwtBearer: "urn:ietf:params:oauth:grant-type:jwt-bearer"
        case .tokenExchange: "urn:ietf:params:oauth:grant-type:token-exchange"
        }
    }
}

/// What a token is, in RFC 8693's words (§3). The raw values are the configuration's.
package enum TokenType: String, Sendable, CaseIterable {
    case accessToken = "access_token"
    case jwt

    /// The registered identifier.
    package var identifier: String { "urn:ietf:params:oauth:token-type:\(rawValue)" }
}
