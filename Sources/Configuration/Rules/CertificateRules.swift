internal import OpenSSL

/// Reads a client's certificate and key, and makes sure that they can be used.
struct CertificateRules {
    /// `exchange.` or `providers.<name>.`
    let prefix: String

    private var certificate: String { prefix + "certificate" }
    private var key: String { prefix + "key" }
    private var password: String { prefix + "key_password" }

    func files(_ provider: ProviderConfiguration, _ resolver: inout Resolver) -> CertificateFiles? {
        let draft = provider.draft
        guard let path = draft.certificate else {
            if !resolver.isSet(certificate) { resolver.fail(certificate, "required, since \(key) is set") }
            return nil
        }
        let file = resolver.file(path, for: certificate)
        let keyFile = draft.key.flatMap { resolver.file($0, for: key) }
        guard let file, draft.key == nil || keyFile != nil else { return nil }
        let files = CertificateFiles(
            certificate: file, key: keyFile, password: wanted(draft.keyPassword, &resolver))
        do throws(CertifiedKeyFault) {
            let identity = try files.identity()
            check(identity, provider, &resolver)
            if provider.clientAuthentication == .tls, (try? TLSClientContext(identity: identity)) == nil {
                resolver.fail(certificate, "\(TLSSetupFault.unusableIdentity)")
            }
            return files
        } catch {
            resolver.fail(blamed(for: error, hasKey: draft.key != nil), "\(error)")
            return nil
        }
    }

    /// A password in Azure's variable is for the certificate in Azure's variable, not for one that was set here.
    private func wanted(_ secret: ConfiguredSecret?, _ resolver: inout Resolver) -> ConfiguredSecret? {
        guard let mine = resolver.resolved[certificate], let its = resolver.resolved[password],
            its.precedence > .file, mine.precedence <= .file
        else { return secret }
        resolver.show(password, "(not used)")
        return nil
    }

    private func blamed(for fault: CertifiedKeyFault, hasKey: Bool) -> String {
        switch fault {
        case .noCertificate: certificate
        case .passwordNeeded, .wrongPassword: password
        case .noKey, .unsupportedEncryption, .unusableKey, .keyMismatch: hasKey ? key : certificate
        }
    }

    private func check(_ identity: CertifiedKey, _ provider: ProviderConfiguration, _ resolver: inout Resolver) {
        if identity.certificate.notAfter < resolver.now {
            resolver.fail(
                certificate, "expected a certificate that is valid; this one ended on \(identity.certificate.lastDay)")
        } else if identity.certificate.notBefore > resolver.now {
            resolver.fail(
                certificate, "expected a certificate that is valid; this one has not begun (or the clock is wrong)")
        }
        let algorithm = prefix + "assertion_algorithm"
        if resolver.isSet(algorithm), identity.key.type != .rsa {
            resolver.fail(algorithm, "expected only with an RSA key; other keys know but one way to sign")
        } else if resolver.isSet(algorithm), provider.clientAuthentication == .tls {
            resolver.fail(algorithm, "expected only without client_auth: tls, which signs nothing")
        }
    }
}
