/// What a token request asks for, read by the rules of its grant.
struct TokenRequest: Equatable {
    let grant: Grant
    /// The user's token, not looked at yet.
    let userToken: String
    /// As it is answered.
    let scope: String
    /// What the answer calls the token (RFC 8693 §2.2.1); nil for the grant that does not say.
    let issuedType: String?

    private static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
    private static let jwt = "urn:ietf:params:oauth:token-type:jwt"

    init(_ form: [String: String], resource: String) throws(ExchangeFault) {
        guard let grant = Grant(rawValue: form["grant_type", default: ""]) else { throw .unsupportedGrant }
        self.grant = grant
        switch grant {
        case .onBehalfOf:
            guard form["requested_token_use"] == "on_behalf_of" else { throw .missingUse }
            userToken = form["assertion", default: ""]
            scope = try TokenRequest.entraScope(form["scope", default: ""], resource)
            issuedType = nil
        case .tokenExchange:
            guard let type = form["subject_token_type"], [Self.accessToken, Self.jwt].contains(type) else {
                throw .badTokenType
            }
            let wanted = form["requested_token_type", default: Self.accessToken]
            guard [Self.accessToken, Self.jwt].contains(wanted) else { throw .badTokenType }
            userToken = form["subject_token", default: ""]
            // The audience is that of the one API here; without one, that API is meant.
            guard [nil, resource].contains(form["audience"]), [nil, resource].contains(form["resource"]) else {
                throw .wrongTarget
            }
            scope = try TokenRequest.exchangeScope(form["scope"], resource)
            issuedType = wanted
        }
    }

    /// One resource's scope; libraries add OpenID Connect's three words, which Entra allows.
    private static func entraScope(_ text: String, _ resource: String) throws(ExchangeFault) -> String {
        let words = text.split(separator: " ").filter { !["openid", "profile", "offline_access"].contains($0) }
        guard words.count == 1, let word = words.first, word == "\(resource)/.default" || word == name(resource) else {
            throw .badScope
        }
        return String(word)
    }

    /// The one permission there is, by its short or its long name; without any it is granted as well.
    private static func exchangeScope(_ text: String?, _ resource: String) throws(ExchangeFault) -> String {
        let words = text?.split(separator: " ") ?? ["access_as_user"]
        guard words.allSatisfy({ $0 == "access_as_user" || $0 == name(resource) }), !words.isEmpty else {
            throw .badScope
        }
        return words.joined(separator: " ")
    }

    private static func name(_ resource: String) -> String { "\(resource)/access_as_user" }
}
