internal import JSON

/// A token's claims with their types checked (RFC 7519 §4.1), not yet believed.
struct TokenClaims {
    let issuer: String
    let audiences: [String]
    let expiresAt: Int
    let notBefore: Int?
    let scopes: [String]
    let kind: Kind
    /// Who the user is; its issuer decides which claims say so.
    let person: Person
    var subject: String? { person.name(by: issuer) }
    var tenant: String? { person.tenant }

    /// What sort of token the claims give away.
    enum Kind { case access, id, appOnly }

    /// - Throws: `.malformedToken` for a missing or mistyped claim that everybody needs, a token bound to its sender's key
    ///   (`cnf`, RFC 8705 §3 and RFC 9449 §6), which cannot be forwarded by us.
    init(_ payload: JSON.Object, header: JSON.Object) throws(TokenFault) {
        // Looked at before anything can be wrong with it: an ID token of any shape is to be called one.
        if Self.isIDToken(payload, header) { throw .idToken }
        guard payload["cnf"] == nil, payload["events"] == nil, let issuer = try payload.text("iss") else {
            throw .malformedToken
        }
        guard let expiresAt = try payload.date("exp", .down) else { throw .malformedToken }
        let entra = EntraIssuer(issuer)
        (self.issuer, self.expiresAt) = (issuer, expiresAt)
        notBefore = try payload.date("nbf", .up)
        audiences = try payload.texts("aud")
        scopes = try (payload.words("scp") + payload.words("scope"))
        kind = try Self.kind(payload, entra: entra != nil)
        person = try Self.person(payload)
    }

    private static func isIDToken(_ payload: JSON.Object, _ header: JSON.Object) -> Bool {
        if ["nonce", "at_hash", "c_hash"].contains(where: { payload[$0] != nil }) { return true }
        return [payload, header].contains { $0["typ"]?.string?.lowercased() == "id" }
    }

    /// Entra marks delegated tokens by `scp` alone. Its ID tokens need no `nonce`, lack `scp` like app-only
    /// tokens, but name a user and, unlike every access token, no client (`azp`, `appid`).
    private static func kind(_ payload: JSON.Object, entra: Bool) throws(TokenFault) -> Kind {
        if payload["idtyp"]?.string?.lowercased() == "app" { return .appOnly }
        guard entra, try payload.words("scp").isEmpty else { return .access }
        let namesClient = payload["azp"] != nil || payload["appid"] != nil
        let namesUser = ["preferred_username", "name", "email", "upn"].contains { payload[$0] != nil }
        return namesUser && !namesClient ? .id : .appOnly
    }

    /// Entra's `sub` differs per application; `tid` and `oid` are the user everywhere. Elsewhere `sub` is.
    /// - Throws: `.malformedToken` for claims of another type.
    private static func person(_ payload: JSON.Object) throws(TokenFault) -> Person {
        for name in ["sub", "oid", "tid"] { _ = try payload.text(name) }
        return Person(payload)
    }
}

extension JSON.Object {
    /// A list given as one string or an array of strings (RFC 7519 §4.1.3); empty without the member.
    /// - Throws: `.malformedToken`.
    func texts(_ name: String) throws(TokenFault) -> [String] {
        switch self[name] {
        case nil: return []
        case .string(let text)?: return [text]
        case .array(let elements)?:
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { throw .malformedToken }
            return texts
        default: throw .malformedToken
        }
    }

    /// Words given as one string with spaces (RFC 8693 §4.2) or, as some issuers do, an array.
    /// - Throws: `.malformedToken`.
    func words(_ name: String) throws(TokenFault) -> [String] {
        try texts(name).flatMap { $0.split(separator: " ").map(String.init) }
    }

    /// A NumericDate in seconds since 1970 (RFC 7519 §2), fractions rounded as told; nil without the member.
    /// - Throws: `.malformedToken` for anything but a number within some million years.
    func date(_ name: String, _ rounding: FloatingPointRoundingRule) throws(TokenFault) -> Int? {
        guard let value = self[name] else { return nil }
        let bound = Int64(1) << 50
        if let whole = value.integer {
            guard abs(whole.clamped) < bound else { throw .malformedToken }
            return Int(whole)
        }
        guard let number = value.double?.rounded(rounding), let whole = Int(exactly: number),
            abs(Int64(whole).clamped) < bound
        else { throw .malformedToken }
        return whole
    }
}

extension Int64 {
    /// The value, but never the one number whose negation does not fit.
    fileprivate var clamped: Int64 { Swift.max(self, -.max) }
}
