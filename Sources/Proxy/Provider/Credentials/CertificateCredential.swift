internal import OnBehalfOf
internal import OpenSSL

/// A certificate that is shown in the handshake (RFC 8705 §2.1). A new one needs new connections.
final class CertificateCredential: ClientCredentialSource {
    private let certificate: RotatingCertificate
    private let trust: TrustAnchors?
    private var shown: (tls: TLSClientContext, generation: Int)

    /// - Parameter trust: the provider's `ca_file`.
    /// - Throws: `StartFault` for a certificate that TLS does not take.
    init(_ certificate: RotatingCertificate, trust: TrustAnchors?) throws(StartFault) {
        (self.certificate, self.trust) = (certificate, trust)
        do throws(CredentialFault) { shown = try Self.show(certificate, trust) } catch {
            throw .unusable("certificate", error.text)
        }
    }

    var tls: TLSClientContext? { shown.tls }

    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        _ = try certificate.current()
        if certificate.generation != shown.generation { shown = try Self.show(certificate, trust) }
        return .certificate
    }

    var endsAt: Int? { certificate.endsAt }

    func mayDiffer(from rejected: ClientProof) async -> Bool {
        _ = try? certificate.current()
        return certificate.generation != shown.generation
    }

    private static func show(
        _ certificate: RotatingCertificate, _ trust: TrustAnchors?
    ) throws(CredentialFault) -> (TLSClientContext, Int) {
        let identity = try certificate.current()
        do throws(TLSSetupFault) {
            return (try TLSClientContext(extraTrust: trust, identity: identity), certificate.generation)
        } catch { throw .unusable(certificate.path, "\(error)") }
    }
}

extension CallFault {
    /// What it means for an exchange that shows this proof.
    func exchangeFault(showing proof: ClientProof) -> ExchangeFault {
        if case .certificate = proof, isOfCertificate { ExchangeFault(.clientRejected) } else { exchangeFault }
    }

    /// Whether the peer ended the handshake for the certificate that it was shown (RFC 8446 §6.2): a bad one, or of
    /// whom it does not know or admit. TLS 1.2 has only a general alert for one that is missing.
    private var isOfCertificate: Bool {
        guard case .dial(.handshake(.refused(.alert(let number)))) = self else { return false }
        return [40, 42, 43, 44, 45, 46, 48, 49, 51, 116].contains(number)
    }
}
