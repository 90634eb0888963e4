internal import Bytes
internal import Configuration
internal import OnBehalfOf

/// Why there is no proof of who we are.
enum CredentialFault: Error {
    /// A file that can't be used any more: its path and why.
    case unusable(String, String)

    /// What an operator reads.
    var text: String {
        switch self {
        case .unusable(let path, let why): "\(path): \(why)"
        }
    }
}

/// Where a provider's client credential comes from, looked at anew for each exchange: a rotated file takes effect with
/// the next one. On the control loop.
final class ClientCredentialSource {
    private let credential: Configuration.ClientCredential
    private let placement: ClientProof.Placement

    init(_ provider: ProviderConfiguration) {
        credential = provider.credential
        placement = provider.clientAuthentication == .basic ? .basic : .post
    }

    /// The proof for one attempt.
    /// - Parameter audience: the token endpoint's URL.
    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        switch credential {
        case .secret(let secret): .secret(try current(secret), placement)
        }
    }

    /// After the provider rejected our proof: whether another one may fare better at once.
    func mayDiffer(from rejected: ClientProof) -> Bool {
        guard case .secret(let configured) = credential, case .secret(let used, _) = rejected,
            let now = try? current(configured)
        else { return false }
        return !now.withSpan { used.equals($0) }
    }

    private func current(_ secret: ConfiguredSecret) throws(CredentialFault) -> Secret {
        guard case .file(let path) = secret.source else { return secret.value }
        do throws(FileFault) { return try SecretFile.read(path) } catch {
            throw .unusable(path, "\(error)")
        }
    }
}
