package import OpenSSL

/// Everything an operator decides, checked. Made by `ProxyConfiguration.load` alone: the initial values in these
/// types are what the schema's rows overwrite, and a configuration with one of them left never gets out.
///
/// Durations are `Swift.Duration`, sizes are bytes.
package struct ProxyConfiguration: Sendable {
    /// Where chat servers connect to.
    package internal(set) var listen = ListenAddress.tcp(host: "127.0.0.1", port: 0)
    /// What clients put a server's name behind, where that is not the listener's own address. No query.
    package internal(set) var publicURL: UpstreamURL?
    /// Other processes of the same user may listen there too, each for a share of the connections.
    package internal(set) var reusePort = false
    /// TLS on that listener; nil for plain HTTP.
    package internal(set) var tls: ListenerTLS?
    /// Health, metrics and status; nil when turned off.
    package internal(set) var admin: ListenAddress?
    /// Event loops; nil for one per processor.
    package internal(set) var workers: Int?
    /// What is logged and how.
    package internal(set) var log = LogSettings()
    /// `Origin` values let through; any other is refused.
    package internal(set) var allowedOrigins: [String] = []
    /// Hosts besides loopback's own that requests on a loopback listener may be for; in lower case, without brackets.
    package internal(set) var allowedHosts: [String] = []
    /// The key of session ids' signatures; nil for a random one at start.
    package internal(set) var sessionKey: ConfiguredSecret?
    /// A key whose session ids are taken and no longer handed out.
    package internal(set) var previousSessionKey: ConfiguredSecret?
    /// What `X-OBO-Key` must be; nil when callers need none.
    package internal(set) var sidecarKey: ConfiguredSecret?
    /// The operator accepts a listener that other machines reach in plain text without a key.
    package internal(set) var allowInsecureListen = false
    /// Whether the process gives up what it does not need.
    package internal(set) var hardening = HardeningChoice.auto
    /// Who signs user tokens and what they must say.
    package internal(set) var identity = IdentitySettings()
    /// Token endpoints by name; `default` is the section `exchange`.
    package internal(set) var providers: [String: ProviderConfiguration] = [:]
    /// Minted tokens.
    package internal(set) var cache = CacheSettings()
    /// Bounds on what one client can take.
    package internal(set) var limits = LimitSettings()
    /// How long to wait.
    package internal(set) var timeouts = TimeoutSettings()
    /// The upstream MCP servers: the file's in its order, then those of the environment by name.
    package internal(set) var servers: [ServerConfiguration] = []

    /// What each key was set to, for comparison.
    var fingerprints: [String: Fingerprint] = [:]

    /// The files of `tls`, until both are known to be there.
    var certificate: ConfiguredFile?
    var key: ConfiguredFile?
    var clientCA: ConfiguredFile?
}

extension ProxyConfiguration {
    /// With the addresses of sockets that somebody else has bound in place of the configured ones.
    package func listening(on listen: ListenAddress?, admin: ListenAddress?) -> ProxyConfiguration {
        var bound = self
        if let listen { bound.listen = listen }
        // Turned off is turned off, whoever has bound it.
        if let admin, self.admin != nil { bound.admin = admin }
        return bound
    }
}

/// TLS on the listener. All files are PEM.
package struct ListenerTLS: Sendable {
    /// The certificate and its chain.
    package let certificate: ConfiguredFile
    /// The certificate's private key.
    package let key: ConfiguredFile
    /// Who may sign client certificates; one is demanded when this is set.
    package let clientCA: ConfiguredFile?

    /// What is shown to clients.
    /// - Throws: `CertifiedKeyFault`.
    package func identity() throws(CertifiedKeyFault) -> CertifiedKey {
        try CertifiedKey(certificate: certificate.contents, key: key.contents)
    }

    /// What connections are accepted with. Never without the demand for a client's certificate where one is configured.
    package func context() throws(ListenerTLSFault) -> TLSServerContext {
        let clients = clientCA?.anchors
        guard clients != nil || clientCA == nil else { throw .clientCA }
        let shown: CertifiedKey
        do throws(CertifiedKeyFault) { shown = try identity() } catch { throw .identity(error) }
        do throws(TLSSetupFault) { return try TLSServerContext(shown, clients: clients) } catch { throw .setup(error) }
    }
}

/// Why a listener's files cannot be used.
package enum ListenerTLSFault: Error, Sendable, CustomStringConvertible {
    case identity(CertifiedKeyFault)
    case setup(TLSSetupFault)
    case clientCA

    /// The key to look at.
    var key: String {
        switch self {
        case .identity(.noCertificate), .setup: "tls.certificate"
        case .identity: "tls.key"
        case .clientCA: "tls.client_ca"
        }
    }

    package var description: String {
        switch self {
        case .identity(.passwordNeeded): "expected a private key without a password"
        case .identity(let fault): "\(fault)"
        case .setup(let fault): "\(fault)"
        case .clientCA: "expected a file with one or more certificates in PEM form"
        }
    }
}

/// Whether the process gives up what it does not need. The raw values are the configuration's.
package enum HardeningChoice: String, CaseIterable, Sendable {
    /// As far as the kernel can.
    case auto
    /// For debuggers, core dumps and sanitizers.
    case off
}

/// What is logged and how.
package struct LogSettings: Sendable {
    /// swift-log's levels.
    package enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How a line looks.
    package enum Format: String, CaseIterable, Sendable {
        /// One JSON object a line.
        case json
        /// For people.
        case text
    }

    /// The least level that is logged.
    package internal(set) var level = Level.info
    /// How a line looks.
    package internal(set) var format = Format.json
}
