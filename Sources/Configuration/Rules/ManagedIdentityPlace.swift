internal import Bytes

/// Where this machine gets a managed identity's tokens.
enum ManagedIdentityPlace {
    /// App Service and Container Apps tell their guests by these.
    private static let (endpoint, header) = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")

    /// The configured endpoint, else the platform's own, else a virtual machine's.
    static func find(
        _ configured: UpstreamURL?, _ resolver: inout Resolver
    ) -> (ManagedIdentitySettings.Service, UpstreamURL)? {
        if let configured { return (.instanceMetadata, configured) }
        let environment = resolver.environment
        guard let text = environment[endpoint].flatMap(nonEmpty), let proof = environment[header].flatMap(nonEmpty)
        else { return instanceMetadata.map { (.instanceMetadata, $0) } }
        guard proof.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            resolver.fail(.variable(header), "expected one word of visible ASCII characters")
            return nil
        }
        do throws(UpstreamURL.Fault) {
            return (.appService(header: Secret(proof)), try UpstreamURL(local: text))
        } catch {
            resolver.fail(.variable(endpoint), error.rawValue)
            return nil
        }
    }

    private static let instanceMetadata = try? UpstreamURL(
        local: "http://169.254.169.254/metadata/identity/oauth2/token")
}
