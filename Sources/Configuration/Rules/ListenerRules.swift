/// What must hold between the keys of the two listeners.
enum ListenerRules {
    static func apply(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        transport(&configuration, &resolver)
        reach(configuration, &resolver)
        if resolver.isSet("previous_session_key"), !resolver.isSet("session_key") {
            resolver.fail("session_key", "required, since previous_session_key is set")
        }
    }

    /// A certificate and a key, or neither.
    private static func transport(_ configuration: inout ProxyConfiguration, _ resolver: inout Resolver) {
        let keys = ["tls.certificate", "tls.key"]
        let isWanted = (keys + ["tls.client_ca"]).contains(where: resolver.isSet)
        for key in keys where isWanted && !resolver.isSet(key) {
            resolver.fail(key, "required, since other keys of tls are set")
        }
        guard let certificate = configuration.certificate, let key = configuration.key else { return }
        let tls = ListenerTLS(certificate: certificate, key: key, clientCA: configuration.clientCA)
        configuration.tls = tls
        do throws(ListenerTLSFault) { _ = try tls.context() } catch { resolver.fail(error.key, "\(error)") }
    }

    /// Who can connect. A listener that other machines reach in plain text would give every one of them, and whoever
    /// listens on the way, the users' tokens; the admin listener has no keys at all.
    private static func reach(_ configuration: ProxyConfiguration, _ resolver: inout Resolver) {
        let isGuarded = ["tls.certificate", "sidecar_key"].contains(where: resolver.isSet)
        let isAllowed = configuration.allowInsecureListen
        if !configuration.listen.isLoopback, !isGuarded, !isAllowed {
            resolver.fail(
                "listen",
                "expected a loopback address or a Unix socket; others need tls, sidecar_key or allow_insecure_listen: true"
            )
        }
        guard let admin = configuration.admin else { return }
        if !admin.isLoopback, !isAllowed {
            resolver.fail(
                "admin.listen",
                "expected a loopback address or a Unix socket; others need allow_insecure_listen: true")
        }
        if admin == configuration.listen, !admin.hasKernelPort {
            resolver.fail("admin.listen", "expected an address other than that of listen")
        }
    }
}

extension ListenAddress {
    /// Whether the kernel chooses the port, so that equal addresses do not collide.
    fileprivate var hasKernelPort: Bool {
        if case .tcp(_, 0) = self { true } else { false }
    }
}
