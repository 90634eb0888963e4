internal import Configuration
internal import Libevent
internal import Logging
internal import OnBehalfOf
internal import OpenSSL

/// Where a provider's client credential comes from, looked at anew for each exchange: a rotated file takes effect with
/// the next one. On the control loop, which reads the files itself: they are small and on this machine.
protocol ClientCredentialSource: AnyObject {
    /// The proof for one attempt.
    /// - Parameter audience: the token endpoint's URL.
    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof

    /// After the provider rejected our proof: whether another one may fare better at once.
    func mayDiffer(from rejected: ClientProof) async -> Bool

    /// The TLS whose handshake is the proof, as of the last call of `proof`; nil where it is in the message.
    var tls: TLSClientContext? { get }

    /// When it ends, in seconds since 1970, where it says so itself: a certificate does, a secret does not.
    var endsAt: Int? { get }
}

extension ClientCredentialSource {
    var tls: TLSClientContext? { nil }
    var endsAt: Int? { nil }
}

/// Why there is no proof of who we are.
enum CredentialFault: Error {
    /// A file that can't be used any more: its path and why.
    case unusable(String, String)
    /// The library can't sign.
    case unsigned
    /// The platform refuses us its token.
    case refused(String)
    /// The platform does not answer, or not yet.
    case unavailable(String)
    /// The attempt's time was over before there was a proof.
    case timedOut

    /// What an operator reads.
    var text: String {
        switch self {
        case .unusable(let path, let why): "\(path): \(why)"
        case .unsigned: "OpenSSL cannot sign with the client's key"
        case .refused(let why), .unavailable(let why): "managed identity: \(why)"
        case .timedOut: "managed identity: no token in time"
        }
    }

    /// What it means for the exchange that cannot be tried.
    var exchangeFault: ExchangeFault {
        switch self {
        case .unusable, .unsigned, .refused: ExchangeFault(.clientRejected)
        case .unavailable: .unreachable
        case .timedOut: .timedOut
        }
    }
}

/// Makes the source of a provider's credential.
enum ClientCredentials {
    /// - Parameter tls: for those who ask others over TLS.
    /// - Throws: `StartFault` for a certificate that can't be used.
    static func source(
        for provider: ProviderConfiguration, tls: TLSClientContext, log: Logger, on loop: EventLoop
    ) throws(StartFault) -> any ClientCredentialSource {
        let note = CredentialLog(provider: provider.name, log: log)
        switch provider.credential {
        case .secret(let secret):
            return SecretCredential(secret, provider.clientAuthentication == .basic ? .basic : .post, note)
        case .signedAssertion(let files, let algorithm):
            let certificate = try RotatingCertificate(files, note)
            return AssertionCredential(certificate, ClientAssertion.RSAForm(algorithm), provider.clientID)
        case .mutualTLS(let files):
            return try CertificateCredential(try RotatingCertificate(files, note), trust: provider.ca?.anchors)
        case .federatedToken(let path): return FederatedCredential(path)
        case .managedIdentity(let settings):
            return ManagedIdentityCredential(settings, tls: tls, on: loop)
        }
    }
}

extension ClientAssertion.RSAForm {
    fileprivate init(_ algorithm: AssertionAlgorithm) {
        switch algorithm {
        case .ps256: self = .ps256
        case .rs256: self = .rs256
        }
    }
}
