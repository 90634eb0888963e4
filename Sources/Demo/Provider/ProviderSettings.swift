/// What the development identity provider knows.
package struct ProviderSettings: Sendable {
    /// `scheme://host:port` in everything it says of itself; nil for what the first request calls it.
    package var origin: String?
    /// The proxy's client, which user tokens are meant for.
    package var clientID = "chat"
    package var clientSecret = "demo-secret"
    /// With it the client may prove itself instead of by the secret.
    package var certificate: RegisteredCertificate?
    /// The one API that tokens can be minted for; scopes are `<resource>/<name>` or `<resource>/.default`.
    package var resource = "api://tools"
    /// Users who have not consented to the API.
    package var withoutConsent: Set<String> = ["carol"]
    /// Users who have to sign in with a second factor before a token is minted for them.
    package var withoutSecondFactor: Set<String> = ["heidi"]
    /// How long an exchange takes, so that calls at once really meet it.
    package var delayMilliseconds = 300

    package init() {}

    /// The audience of the user tokens, in the form that an application ID URI has.
    package var audience: String { "api://\(clientID)" }
}
