package import Bytes

/// How we prove who we are at the token endpoint.
package enum ClientCredential: Sendable {
    /// A shared secret (RFC 6749 §2.3.1).
    case secret(ConfiguredSecret)
    /// Assertions signed with a certificate's key (RFC 7523 §2.2).
    case signedAssertion(CertificateFiles, AssertionAlgorithm)
    /// A certificate shown in the TLS handshake (RFC 8705 §2.1).
    case mutualTLS(CertificateFiles)
    /// Assertions that somebody else signs and leaves in this file: Kubernetes' token of a service account.
    case federatedToken(path: String)
    /// Assertions that Azure hands to its own machines.
    case managedIdentity(ManagedIdentitySettings)
}

/// How the credential is shown.
package enum ClientAuthentication: String, CaseIterable, Sendable {
    /// In the form.
    case post
    /// A secret in an `Authorization: Basic` field.
    case basic
    /// A certificate in the TLS handshake.
    case tls
}

/// How an RSA key signs an assertion (RFC 7518 §3.1). Other keys know but one way.
package enum AssertionAlgorithm: String, CaseIterable, Sendable {
    /// With `x5t#S256`.
    case ps256 = "PS256"
    /// With `x5t`.
    case rs256 = "RS256"
}

/// A user-assigned managed identity that the application trusts.
package struct ManagedIdentitySettings: Sendable {
    /// Which of Azure's two services is asked.
    package enum Service: Sendable {
        /// A virtual machine's instance metadata.
        case instanceMetadata
        /// App Service's and Container Apps' own, with the header that proves the caller to be their guest.
        case appService(header: Secret)
    }

    package let service: Service
    /// Without a query. Plain http only to this machine or its link.
    package let endpoint: UpstreamURL
    package let clientID: String
    /// What the token is for.
    package let resource: String
}

/// What was set of a provider's credential.
struct CredentialDraft: Sendable {
    var secret: ConfiguredSecret?
    var certificate: String?
    var key: String?
    var keyPassword: ConfiguredSecret?
    var algorithm = AssertionAlgorithm.ps256
    var federatedTokenFile: String?
    var managedClientID: String?
    var managedEndpoint: UpstreamURL?
    var managedResource = ""
}
