internal import Bytes
internal import Configuration
internal import Glibc
internal import Identity
internal import OnBehalfOf

/// A token that the platform signs and leaves in a file, which it replaces long before the token ends. Nothing is
/// kept from one exchange to the next: a token that is not there is of no use, and neither is one that has ended.
final class FederatedCredential: ClientCredentialSource {
    private let path: String

    init(_ path: String) { self.path = path }

    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        .assertion(try token())
    }

    func mayDiffer(from rejected: ClientProof) async -> Bool {
        guard case .assertion(let used) = rejected, let now = try? token() else { return false }
        return !isEqual(now, used)
    }

    private func token() throws(CredentialFault) -> Secret {
        let text: Secret
        do throws(FileFault) { text = try SecretFile.read(path) } catch { throw .unusable(path, "\(error)") }
        do throws(FederatedToken.Fault) {
            return try text.withSpan { text throws(FederatedToken.Fault) in
                try FederatedToken.read(text, now: time(nil))
            }
        } catch { throw .unusable(path, "\(error)") }
    }
}
