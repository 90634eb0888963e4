internal import Glibc
internal import OnBehalfOf
internal import OpenSSL

/// Assertions signed with a certificate's key, one for each attempt.
final class AssertionCredential: ClientCredentialSource {
    private let certificate: RotatingCertificate
    private let form: ClientAssertion.RSAForm
    private let clientID: String

    init(_ certificate: RotatingCertificate, _ form: ClientAssertion.RSAForm, _ clientID: String) {
        (self.certificate, self.form, self.clientID) = (certificate, form, clientID)
    }

    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        let assertion = ClientAssertion(clientID: clientID, identity: try certificate.current(), form: form)
        do throws(KeyFault) {
            return .assertion(try assertion.make(audience: audience, now: Int64(time(nil))))
        } catch { throw .unsigned }
    }

    var endsAt: Int? { certificate.endsAt }

    /// The next one has an id and times of its own.
    func mayDiffer(from rejected: ClientProof) async -> Bool { true }
}
