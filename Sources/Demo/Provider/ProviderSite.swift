internal import HTTP1
internal import JSON

/// A development identity provider: discovery, keys, a token endpoint for both grants, a sign-in without a password,
/// and a log of its calls to be asked for. For demonstrations on this machine alone.
package final class ProviderSite: Site {
    private let settings: ProviderSettings
    private let key: SigningKey
    private var maker: TokenMaker?
    private var endpoint: TokenEndpoint?
    private var origin = ""
    private var calls: [JSON] = []

    package init(_ settings: ProviderSettings = ProviderSettings()) throws {
        self.settings = settings
        key = try SigningKey()
    }

    package func answer(_ request: SiteRequest, _ reply: SiteReply) async {
        guard let maker = learnOrigin(request) else { return reply.send(500) }
        switch (request.method, request.path) {
        case (.get, "/demo/v2.0/.well-known/openid-configuration"): reply.send(200, discovery(maker))
        case (.get, "/demo/discovery/v2.0/keys"): reply.send(200, (try? key.jwks()) ?? .null)
        case (.post, "/demo/oauth2/v2.0/token"): await exchange(request, reply)
        case (.get, "/sign-in"): signIn(request, maker, reply)
        case (.get, "/calls"): reply.send(200, .object(["calls": .array(calls)]))
        default: reply.send(404, text: "not found\n")
        }
    }

    /// The kernel chooses the port, so the issuer's name may only be known from the first request on.
    private func learnOrigin(_ request: SiteRequest) -> TokenMaker? {
        if maker == nil, let known = settings.origin ?? request.fields["host"].map({ "http://\($0)" }) {
            origin = known
            maker = try? TokenMaker(issuer: "\(origin)/demo/v2.0", settings: settings, key: key)
            endpoint = maker.map { TokenEndpoint($0, url: tokenURL) }
        }
        return maker
    }

    private var tokenURL: String { "\(origin)/demo/oauth2/v2.0/token" }

    private func discovery(_ maker: TokenMaker) -> JSON {
        .object([
            "issuer": .string(maker.issuer),
            "jwks_uri": .string("\(origin)/demo/discovery/v2.0/keys"),
            "token_endpoint": .string(tokenURL),
            "authorization_endpoint": .string("\(origin)/sign-in"),
            "grant_types_supported": .array([Grant.onBehalfOf, .tokenExchange].map { .string($0.rawValue) }),
            "token_endpoint_auth_methods_supported": .array(
                ["client_secret_post", "client_secret_basic", "private_key_jwt"].map { .string($0) }),
            "response_types_supported": .array([.string("code")]),
            "subject_types_supported": .array([.string("pairwise")]),
            "id_token_signing_alg_values_supported": .array([.string("RS256")]),
        ])
    }

    /// `/sign-in?user=ada`, with `&kind=id` or `&kind=expired` for tokens that must be refused.
    private func signIn(_ request: SiteRequest, _ maker: TokenMaker, _ reply: SiteReply) {
        let kind = TokenMaker.Kind(rawValue: request.query["kind"] ?? "access")
        guard let user = request.query["user"], !user.isEmpty, let kind, let token = try? maker.signIn(user, kind)
        else {
            return reply.send(400, text: "expected ?user=NAME, and kind=access, id or expired\n")
        }
        reply.send(200, text: token)
    }

    private func exchange(_ request: SiteRequest, _ reply: SiteReply) async {
        let form = FormText.decode(String(decoding: request.body, as: UTF8.self))
        await reply.pause(milliseconds: settings.delayMilliseconds)
        do throws(ExchangeFault) {
            guard let granted = try endpoint?.exchange(form, basic: ClientCredentials(basic: request)) else { return }
            note(form, granted.user, "minted")
            reply.send(200, granted.document, fields: [("Cache-Control", "no-store")])
        } catch {
            let claims = TokenCheck.unverifiedClaims(of: form["assertion"] ?? form["subject_token"] ?? "")
            note(form, claims?["preferred_username"]?.string ?? "unknown", error.outcome)
            let grant = Grant(rawValue: form["grant_type", default: ""])
            reply.send(error.status, error.document(for: grant), fields: [("Cache-Control", "no-store")])
        }
    }

    private func note(_ form: [String: String], _ user: String, _ outcome: String) {
        calls.append(CallRecord(form: form, user: user, outcome: outcome).json)
    }
}
