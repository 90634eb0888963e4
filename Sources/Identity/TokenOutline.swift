internal import JSON

/// What a JWT says of itself, for people who look for a mistake. Nothing in it is verified, and nothing may be decided
/// by it but words.
package struct TokenOutline: Sendable {
    package let issuer: String?
    package let audiences: [String]
    /// The words of `scp` and `scope`.
    package let scopes: [String]
    /// Seconds since 1970.
    package let expiresAt: Int?
    /// Seconds since 1970.
    package let notBefore: Int?
    /// Entra's `ver`.
    package let version: String?

    /// - Returns: nil for what is no JWS in compact form.
    package init?(_ token: Span<UInt8>) {
        guard let jws = try? CompactJWS(token) else { return nil }
        issuer = jws.payload["iss"]?.string
        audiences = (try? jws.payload.texts("aud")) ?? []
        scopes = ((try? jws.payload.words("scp")) ?? []) + ((try? jws.payload.words("scope")) ?? [])
        expiresAt = (try? jws.payload.date("exp", .down)) ?? nil
        notBefore = (try? jws.payload.date("nbf", .up)) ?? nil
        version = jws.payload["ver"]?.string
    }

    /// Microsoft Graph's names as an audience, in all clouds. A token for it is Graph's own and cannot be exchanged.
    private static let graph: Set<String> = [
        "00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com", "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn",
    ]

    /// Whether it was issued for Microsoft Graph, which is what the chat gets when it asks for no scope of ours.
    package var isForGraph: Bool {
        audiences.contains { Self.graph.contains($0.hasSuffix("/") ? String($0.dropLast()) : $0) }
    }

    /// Whether one of these issuers is the token's own tenant under Entra's other name for it.
    package func isOtherVersion(of issuers: [String]) -> Bool {
        guard let issuer, let entra = EntraIssuer(issuer), !issuers.containsExactly(issuer) else { return false }
        return issuers.contains { $0.split(separator: "/").contains { entra.tenant.isExactly(String($0)) } }
    }
}
