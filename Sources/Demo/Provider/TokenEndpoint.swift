internal import JSON

/// The token endpoint's rules: whose request it is, what it asks for, whether it is granted; no I/O.
struct TokenEndpoint {
    private let maker: TokenMaker
    private var clients: ClientCheck

    /// - Parameter url: its own, which client assertions are made for.
    init(_ maker: TokenMaker, url: String) {
        self.maker = maker
        clients = ClientCheck(settings: maker.settings, audience: url)
    }

    /// What was granted.
    struct Granted {
        let document: JSON
        let user: String
    }

    /// One exchange by either grant.
    /// - Parameters:
    ///   - basic: the client of a Basic header, if there was one.
    ///   - now: seconds since 1970.
    mutating func exchange(
        _ form: [String: String], basic: ClientCredentials? = nil, now: Int64 = WallClock.seconds
    ) throws(ExchangeFault) -> Granted {
        try clients.check(ClientProof(form, basic: basic), now: now)
        let settings = maker.settings
        let request = try TokenRequest(form, resource: settings.resource)
        let user = try maker.user(of: request.userToken)
        guard !settings.withoutConsent.contains(user) else { throw .consentMissing }
        guard !settings.withoutSecondFactor.contains(user) else { throw .secondFactorMissing }
        guard let token = try? maker.mint(for: user) else { throw .badAssertion }
        return Granted(document: TokenEndpoint.document(token, request), user: user)
    }

    private static func document(_ token: String, _ request: TokenRequest) -> JSON {
        var document: JSON.Object = [
            "token_type": .string("Bearer"), "scope": .string(request.scope), "expires_in": .integer(3600),
            "access_token": .string(token),
        ]
        if let type = request.issuedType {
            document["issued_token_type"] = .string(type)
        } else {
            document["ext_expires_in"] = .integer(3600)
        }
        return .object(document)
    }
}
