internal import JSON

/// Why a discovery document cannot be used.
package enum DiscoveryFault: Error, Equatable, Sendable {
    case malformed
    /// It speaks for another issuer than the one it was fetched for (OpenID Connect Discovery §4.3).
    case issuerMismatch
    /// Entra's `common` or `organizations`: its issuer is a template, not a tenant. Name the tenant.
    case tenantTemplate
    /// A member is missing, or its URL is neither `https` nor loopback.
    case badURL(member: String)
}

/// What an issuer says of itself at `/.well-known/openid-configuration` (OpenID Connect Discovery §3).
package struct Discovery: Sendable, Equatable {
    /// Where the signing keys are.
    package let jwksURI: String
    /// Where tokens are exchanged; nil when the document does not say.
    package let tokenEndpoint: String?
    /// Where tokens are exchanged by clients that show a certificate (RFC 8705 §5).
    package let mutualTLSTokenEndpoint: String?

    /// Where the document of that issuer is.
    package static func location(of issuer: String) -> String {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        return base + "/.well-known/openid-configuration"
    }

    /// - Parameter issuer: as configured; the document must name exactly it.
    /// - Throws: `DiscoveryFault`.
    package static func parse(_ document: Span<UInt8>, issuer: String) throws(DiscoveryFault) -> Discovery {
        let limits = JSON.Limits(depth: 16, bytes: 1 << 20, values: 20_000)
        guard case .object(let members)? = try? JSON.parse(document, limits: limits),
            let named = members["issuer"]?.string
        else { throw .malformed }
        guard named.isExactly(issuer) else { throw named.contains("{tenantid}") ? .tenantTemplate : .issuerMismatch }
        guard let keys = try url("jwks_uri", in: members) else { throw .badURL(member: "jwks_uri") }
        let endpoint = try url("token_endpoint", in: members)
        let alias = try members["mtls_endpoint_aliases"]?.object.flatMap { aliases throws(DiscoveryFault) in
            try url("token_endpoint", in: aliases)
        }
        return Discovery(jwksURI: keys, tokenEndpoint: endpoint, mutualTLSTokenEndpoint: alias ?? endpoint)
    }

    private static func url(_ name: String, in members: JSON.Object) throws(DiscoveryFault) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string, isSafe(text) else { throw .badURL(member: name) }
        return text
    }

    /// `https`, or `http` to this machine; a host, no user name, no fragment, no white space.
    static func isSafe(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !url.contains("#"), !url.contains("\\") else {
            return false
        }
        let scheme = url.prefix { $0 != ":" }.lowercased()
        let rest = url.dropFirst(scheme.count)
        guard rest.hasPrefix("://") else { return false }
        let authority = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        guard let host = host(of: authority) else { return false }
        return scheme == "https" || scheme == "http" && isLoopback(host)
    }

    private static func host(of authority: Substring) -> String? {
        guard !authority.contains("@") else { return nil }
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            return String(authority[...end])
        }
        let host = authority.prefix { $0 != ":" }
        return host.isEmpty ? nil : host.lowercased()
    }

    /// Loopback by its spelling alone: a name that merely resolves there may resolve elsewhere tomorrow.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
