/// An issuer of Microsoft Entra ID taken apart. Entra has rules of its own: users are `tid` and `oid`, delegated
/// tokens carry `scp`, and one tenant issues under two names, one for each token version.
package struct EntraIssuer: Sendable, Equatable {
    /// A sovereign cloud's two hosts.
    private struct Cloud: Sendable {
        let v1: String
        let v2: String
    }

    /// v1.0 tokens name the first, v2.0 tokens the second.
    private static let clouds = [
        Cloud(v1: "sts.windows.net", v2: "login.microsoftonline.com"),
        Cloud(v1: "sts.windows.net", v2: "login.microsoftonline.us"),
        Cloud(v1: "sts.chinacloudapi.cn", v2: "login.partner.microsoftonline.cn"),
        Cloud(v1: "sts.chinacloudapi.cn", v2: "login.chinacloudapi.cn"),
    ]

    /// The tenant as the issuer spells it.
    package let tenant: String
    /// 1 or 2.
    package let version: Int

    /// - Returns: nil when `issuer` is not of the form `https://<v1 host>/<tenant>/` or `https://<v2 host>/<tenant>/v2.0`;
    ///   External ID's hosts are of the second kind.
    package init?(_ issuer: String) {
        let parts = issuer.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0] == "https:", parts[1].isEmpty, !parts[3].isEmpty else { return nil }
        let (host, tenant, tail) = (parts[2], parts[3], parts[4])
        if tail.isEmpty, Self.clouds.contains(where: { $0.v1.isExactly(host) }) {
            (self.tenant, version) = (tenant, 1)
        } else if tail.isExactly("v2.0"),
            Self.clouds.contains(where: { $0.v2.isExactly(host) }) || Self.isExternal(host)
        {
            (self.tenant, version) = (tenant, 2)
        } else {
            return nil
        }
    }

    /// Whether this is a host of Entra External ID, where each tenant has its own.
    private static func isExternal(_ host: String) -> Bool { host.hasSuffix(".ciamlogin.com") }

    /// The name under which the same tenant of the public cloud issues v1.0 tokens, which is what an application gets unless its
    /// registration asks for version 2. Nothing here accepts it by itself: an operator lists it, or leaves it out.
    package static func v1Issuer(tenant: String) -> String { "https://sts.windows.net/\(tenant)/" }

    /// Whether a key set's per-key `issuer`, perhaps with the template `{tenantid}`, covers a token of this issuer.
    /// Both versions' names stand for the same tenant and the same keys.
    func isCovered(by keyIssuer: String) -> Bool {
        let template = "{tenantid}"
        guard let key = EntraIssuer(keyIssuer) else { return false }
        return key.tenant.isExactly(template) || key.tenant.isExactly(tenant)
    }
}
