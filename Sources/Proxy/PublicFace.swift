internal import Configuration
internal import MCP

/// How strict servers look from outside: where clients find them and their metadata, and who signs their users in.
struct PublicFace: Sendable {
    /// Scheme and host of the configured URL; nil to go by each request's own host.
    private let origin: String?
    /// The path in front of a server's, empty or without a slash at its end.
    private let prefix: String
    /// The listener's own scheme. `X-Forwarded-Proto` is anybody's word.
    private let scheme: String
    let issuers: [String]
    /// What the user token's scope must hold.
    let scope: String?

    init(_ configuration: ProxyConfiguration) {
        let url = configuration.publicURL
        origin = url.map { "\($0.scheme.rawValue)://\($0.authority)" }
        prefix = String((url?.path ?? "").reversed().drop { $0 == "/" }.reversed())
        scheme = configuration.tls == nil ? "http" : "https"
        issuers = configuration.identity.issuers.map(\.identifier)
        scope = configuration.identity.requiredScope
    }

    /// A server's URL as its client spells it.
    /// - Parameters:
    ///   - host: the host that a request was for; empty when it named none.
    ///   - path: the server's path as sent.
    /// - Returns: nil when nobody knows the host.
    func resource(host: String, path: String) -> String? { base(host).map { "\($0)\(prefix)\(path)" } }

    /// Where that server's metadata is (RFC 9728 §3).
    func metadata(host: String, path: String) -> String? {
        base(host).map { "\($0)\(ResourceMetadata.path)\(prefix)\(path)" }
    }

    private func base(_ host: String) -> String? { origin ?? (host.isEmpty ? nil : "\(scheme)://\(host)") }
}
