extension TextParser where Value == UpstreamURL {
    /// Any http or https URL.
    static let url = TextParser { (text: String) throws(Expected) -> UpstreamURL in try checkedURL(text) }

    /// Where clients find us: what a server's path is put behind.
    static let publicURL = TextParser { (text: String) throws(Expected) -> UpstreamURL in
        let url = try checkedURL(text)
        guard url.query == nil else { throw Expected("a URL without a query") }
        return url
    }

    /// A URL that secrets, user tokens or keys travel over: plain http on this machine only.
    static let trustedURL = TextParser { (text: String) throws(Expected) -> UpstreamURL in try checkedTrustedURL(text) }

    /// Where a cloud's own machines get their tokens.
    static let localURL = TextParser { (text: String) throws(Expected) -> UpstreamURL in
        try checkedURL { () throws(UpstreamURL.Fault) in try UpstreamURL(local: text) }
    }
}

extension TextParser where Value == Issuer {
    /// An issuer's identifier. A chat server's spelling with the metadata's path, or with a slash that Entra's
    /// v2.0 issuers do not have, is brought to what `iss` will be.
    static let issuer = TextParser { (text: String) throws(Expected) -> Issuer in
        var identifier = text
        if identifier.hasSuffix(metadataPath) { identifier.removeLast(metadataPath.count) }
        let url = try checkedTrustedURL(identifier)
        guard url.query == nil else { throw Expected("an issuer URL without a query") }
        if Entra.isHost(url.host), identifier.hasSuffix("/v2.0/") { identifier.removeLast() }
        let base = identifier.hasSuffix("/") ? String(identifier.dropLast()) : identifier
        return Issuer(identifier: identifier, discovery: try checkedURL(base + metadataPath))
    }

    private static var metadataPath: String { "/.well-known/openid-configuration" }
}

private func checkedURL(_ text: String) throws(Expected) -> UpstreamURL {
    try checkedURL { () throws(UpstreamURL.Fault) in try UpstreamURL(text) }
}

private func checkedURL(_ read: () throws(UpstreamURL.Fault) -> UpstreamURL) throws(Expected) -> UpstreamURL {
    do throws(UpstreamURL.Fault) { return try read() } catch { throw Expected(message: error.rawValue) }
}

private func checkedTrustedURL(_ text: String) throws(Expected) -> UpstreamURL {
    let url = try checkedURL { () throws(UpstreamURL.Fault) in try UpstreamURL(trusted: text) }
    guard !Entra.isShared(url) else {
        throw Expected("a tenant's id in the path: common, organizations and consumers accept any tenant's users")
    }
    return url
}

/// What is particular about Microsoft's identity provider.
enum Entra {
    /// The public authority.
    static let authority = "https://login.microsoftonline.com"

    private static let hosts: Set<String> = [
        "login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net",
        "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.chinacloudapi.cn",
    ]

    /// Whether `host` is one of Microsoft's authorities.
    static func isHost(_ host: String) -> Bool { hosts.contains(host) || host.hasSuffix(".ciamlogin.com") }

    /// Whether a URL names no tenant of its own. Looked for behind other hosts too, where the path is Entra's.
    static func isShared(_ url: UpstreamURL) -> Bool {
        let segments = url.path.split(separator: "/")
        guard let tenant = segments.first,
            ["common", "organizations", "consumers"].contains(tenant.lowercased())
        else { return false }
        return isHost(url.host) || segments.contains("v2.0") || segments.contains("oauth2")
    }

    /// The issuer of a tenant under an authority, as the variables of Azure's own libraries name them.
    static func issuer(tenant: String, authority: String?) -> String {
        var base = authority ?? Self.authority
        while base.hasSuffix("/") { base.removeLast() }
        if !base.contains("://") { base = "https://" + base }
        return "\(base)/\(tenant)/v2.0"
    }
}
