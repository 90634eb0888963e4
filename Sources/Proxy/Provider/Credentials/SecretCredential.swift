internal import Bytes
internal import Configuration
internal import OnBehalfOf

/// A client secret, in place or in a file.
final class SecretCredential: ClientCredentialSource {
    private let secret: Rotating<ConfiguredSecret>
    private let placement: ClientProof.Placement

    init(_ secret: ConfiguredSecret, _ placement: ClientProof.Placement, _ log: CredentialLog) {
        self.placement = placement
        self.secret = Rotating(secret, secret.path, log) { old throws(CredentialFault) in
            do throws(UnreadableFile) {
                let new = try old.reread()
                return isEqual(new.value, old.value) ? nil : new
            } catch { throw .unusable(error.path, "\(error.fault)") }
        }
    }

    func proof(audience: String, within milliseconds: Int) async throws(CredentialFault) -> ClientProof {
        .secret(secret.current().value, placement)
    }

    func mayDiffer(from rejected: ClientProof) async -> Bool {
        guard case .secret(let used, _) = rejected else { return false }
        return !isEqual(secret.current().value, used)
    }
}

extension ConfiguredSecret {
    fileprivate var path: String {
        switch source {
        case .inline: ""
        case .file(let path): path
        }
    }
}
