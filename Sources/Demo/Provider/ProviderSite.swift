internal import HTTP1
internal import JSON

/// A development identity provider: discovery, keys, an On-Behalf-Of token endpoint, a sign-in without a password,
/// and a log of its calls to be asked for. For demonstrations on this machine alone.
package final class ProviderSite: Site {
    private let settings: ProviderSettings
    private let key: SigningKey
    private var maker: TokenMaker?
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
        case (.post, "/demo/oauth2/v2.0/token"): await exchange(request, maker, reply)
        case (.get, "/sign-in"): signIn(request, maker, reply)
        case (.get, "/calls"): reply.send(200, .object(["calls": .array(calls)]))
        default: reply.send(404, text: "not found\n")
        }
    }

    /// The kernel chooses the port, so the issuer's name is only known from the first request on.
    private func learnOrigin(_ request: SiteRequest) -> TokenMaker? {
        if maker == nil, let host = request.fields["host"] {
            origin = "http://\(host)"
            maker = try? TokenMaker(issuer: "\(origin)/demo/v2.0", settings: settings, key: key)
        }
        return maker
    }

    private func discovery(_ maker: TokenMaker) -> JSON {
        .object([
            "issuer": .string(maker.issuer),
            "jwks_uri": .string("\(origin)/demo/discovery/v2.0/keys"),
            "token_endpoint": .string("\(origin)/demo/oauth2/v2.0/token"),
            "authorization_endpoint": .string("\(origin)/sign-in"),
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

    private func exchange(_ request: SiteRequest, _ maker: TokenMaker, _ reply: SiteReply) async {
        let form = FormText.decode(String(decoding: request.body, as: UTF8.self))
        await reply.pause(milliseconds: settings.delayMilliseconds)
        do throws(ExchangeFault) {
            let exchanged = try maker.exchange(form, basic: ClientCredentials(basic: request))
            note(exchanged.user, form, "minted")
            reply.send(200, exchanged.document, fields: [("Cache-Control", "no-store")])
        } catch {
            let claims = TokenCheck.unverifiedClaims(of: form["assertion"] ?? "")
            note(claims?["preferred_username"]?.string ?? "unknown", form, error.outcome)
            reply.send(error.status, error.document)
        }
    }

    private func note(_ user: String, _ form: [String: String], _ outcome: String) {
        calls.append(
            .object([
                "user": .string(user), "scope": .string(form["scope"] ?? ""), "outcome": .string(outcome),
            ]))
    }
}
