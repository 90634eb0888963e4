internal import Bytes
internal import JSON
internal import OpenSSL

/// Makes tokens and reads them, by the provider's rules; no I/O.
package struct TokenMaker: Sendable {
    package let issuer: String
    let settings: ProviderSettings
    private let key: SigningKey
    private let check: TokenCheck

    package init(issuer: String, settings: ProviderSettings, key: SigningKey) throws {
        let jwks = try key.jwks()
        check = try TokenCheck(jwks: jwks, issuer: issuer, audiences: [settings.audience, settings.clientID])
        self.issuer = issuer
        self.settings = settings
        self.key = key
    }

    /// Kinds of token a chat server may come to send.
    package enum Kind: String, Sendable {
        case access
        /// What a browser session holds; never good for an exchange.
        case id
        case expired
    }

    /// A user's sign-in: another token each time.
    package func signIn(_ user: String, _ kind: Kind) throws -> String {
        let now = WallClock.seconds
        let life: Int64 = kind == .expired ? -60 : 3600
        var claims = try common(user, from: now, until: now + life)
        claims["aud"] = .string(kind == .id ? settings.clientID : settings.audience)
        if kind == .id {
            claims["nonce"] = .string("demo-nonce")
        } else {
            claims["scp"] = .string("access_as_user")
            claims["azp"] = .string(settings.clientID)
        }
        return try key.token(.object(claims))
    }

    private func common(_ user: String, from start: Int64, until end: Int64) throws -> JSON.Object {
        // Makes each token another one, even within the same second.
        let random = try RandomBytes.make(12)
        let id = Base64URL.encode(random.span)
        return [
            "iss": .string(issuer), "sub": .string("subject-\(user)"), "oid": .string("object-\(user)"),
            "tid": .string("demo"), "ver": .string("2.0"), "preferred_username": .string(user),
            "iat": .integer(start), "nbf": .integer(min(start, end) - 5), "exp": .integer(end),
            "jti": .string(String(decoding: id, as: UTF8.self)),
        ]
    }

    /// Whose good access token for the client this is.
    func user(of assertion: String) throws(ExchangeFault) -> String {
        let claims: JSON
        do throws(TokenCheck.Fault) { claims = try check.claims(of: assertion) } catch {
            switch error {
            case .audience: throw .wrongAudience
            case .time: throw .expiredAssertion
            case .malformed, .signature, .issuer, .key: throw .badAssertion
            }
        }
        guard claims["scp"]?.string != nil, let user = claims["preferred_username"]?.string else { throw .badAssertion }
        return user
    }

    /// A token for the API on behalf of that user.
    func mint(for user: String) throws -> String {
        let now = WallClock.seconds
        var claims = try common(user, from: now, until: now + 3600)
        claims["aud"] = .string(settings.resource)
        claims["scp"] = .string("access_as_user")
        claims["azp"] = .string(settings.clientID)
        return try key.token(.object(claims))
    }
}
