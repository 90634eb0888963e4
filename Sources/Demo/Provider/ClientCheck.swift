internal import Bytes
internal import JSON
internal import OpenSSL

/// Whether a client is the one that is registered. Remembers the assertions that it has seen.
struct ClientCheck {
    let settings: ProviderSettings
    /// The token endpoint's URL, which assertions are made for.
    let audience: String
    /// When each assertion that was taken ends, by its `jti`.
    private var taken: [String: Double] = [:]
    /// Seconds that the client's clock may be ahead.
    private static let skew = 60.0
    /// Seconds an assertion may live, which is Entra's bound.
    private static let longestLife = 600.0

    init(settings: ProviderSettings, audience: String) {
        self.settings = settings
        self.audience = audience
    }

    /// - Parameter now: seconds since 1970.
    mutating func check(_ proof: ClientProof, now: Int64) throws(ExchangeFault) {
        switch proof {
        case .secret(let credentials):
            guard credentials.id == settings.clientID else { throw .unknownClient }
            guard credentials.secret == settings.clientSecret else { throw .wrongSecret }
        case .assertion(let text, let clientID):
            guard clientID == nil || clientID == settings.clientID else { throw .unknownClient }
            let claims = try verify(text)
            try checkClaims(claims, now: now)
            try take(claims, now: now)
        }
    }

    /// RFC 7515 §5.2, with the key that the header names by its certificate.
    private func verify(_ text: String) throws(ExchangeFault) -> JSON {
        guard let certificate = settings.certificate, let token = SignedToken(text) else { throw .badClientAssertion }
        let (algorithm, name): (JWSAlgorithm, Bool) =
            switch token.header["alg"]?.string {
            case "PS256": (.ps256, names(token.header["x5t#S256"], certificate.sha256))
            case "RS256": (.rs256, names(token.header["x5t"], certificate.sha1))
            default: throw .badClientAssertion
            }
        let isGenuine = certificate.key.verify(
            algorithm: algorithm, message: token.signed.span, signature: token.signature.span)
        guard name, isGenuine else { throw .badClientAssertion }
        return token.claims
    }

    /// Some libraries leave the padding in.
    private func names(_ member: JSON?, _ thumbprint: String) -> Bool {
        guard let text = member?.string else { return false }
        return text == thumbprint || text == thumbprint + "="
    }

    /// RFC 7523 §3. Dates may have fractions (RFC 7519 §2).
    private func checkClaims(_ claims: JSON, now: Int64) throws(ExchangeFault) {
        for name in ["iss", "sub"] {
            guard claims[name]?.string == settings.clientID else { throw .badClientAssertion }
        }
        guard claims["aud"]?.string == audience || claims["aud"] == .array([.string(audience)]) else {
            throw .badClientAssertion
        }
        let now = Double(now)
        guard let end = claims["exp"]?.double, end > now, end <= now + Self.longestLife + Self.skew else {
            throw .staleClientAssertion
        }
        for name in ["nbf", "iat"] {
            if let start = claims[name]?.double, start > now + Self.skew { throw .staleClientAssertion }
        }
    }

    /// Each assertion is good once.
    private mutating func take(_ claims: JSON, now: Int64) throws(ExchangeFault) {
        guard let id = claims["jti"]?.string, !id.isEmpty, let end = claims["exp"]?.double else {
            throw .badClientAssertion
        }
        taken = taken.filter { $0.value > Double(now) }
        guard taken.updateValue(end, forKey: id) == nil else { throw .repeatedClientAssertion }
    }
}
