internal import JSON

/// Who a token speaks for, and to whom.
struct TokenUser {
    let name: String
    let audience: String

    init(_ claims: JSON) {
        name = claims["preferred_username"]?.string ?? "unknown"
        audience = claims["aud"]?.string ?? "unknown"
    }

    /// The answer of `whoami`.
    var toolResult: JSON {
        RPC.toolResult(
            "You are \(name); the token I got is for \(audience).",
            .object(["user": .string(name), "audience": .string(audience)]))
    }
}

/// Counts of the tokens a server was called with, for the account at the demo's end. Tokens are not kept.
struct SeenTokens {
    private var accepted: Int64 = 0
    private var refused: Int64 = 0
    private var audiences: [String: Int64] = [:]

    mutating func accept(_ user: TokenUser) {
        accepted += 1
        audiences[user.audience, default: 0] += 1
    }

    mutating func refuse(_ token: String?) {
        refused += 1
        let claims = token.flatMap(TokenCheck.unverifiedClaims)
        audiences[claims?["aud"]?.string ?? "none", default: 0] += 1
    }

    var document: JSON {
        var counts = JSON.Object()
        for (audience, count) in audiences.sorted(by: { $0.key < $1.key }) { counts[audience] = .integer(count) }
        return .object(["accepted": .integer(accepted), "refused": .integer(refused), "audiences": .object(counts)])
    }
}
