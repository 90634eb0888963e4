package import Bytes
internal import COpenSSL

/// A private key with the certificate that is about it: what a client signs its assertions with (RFC 7523 §2.2), or
/// shows in a TLS handshake (RFC 8705 §2.1).
package struct CertifiedKey: Sendable {
    package let key: PrivateKey
    package let certificate: Certificate
    /// The file's other certificates in its order: the way to an authority that the peer trusts.
    let chain: [Certificate]

    /// - Parameters:
    ///   - certificate: PEM with the certificate and its chain, or PKCS #12. Other text in the PEM is passed over.
    ///   - key: PEM with the private key; nil to find it beside the certificate.
    ///   - password: of an encrypted key or of PKCS #12; not looked at where nothing is encrypted.
    /// - Throws: `CertifiedKeyFault`.
    package init(certificate: Secret, key: Secret? = nil, password: Secret? = nil) throws(CertifiedKeyFault) {
        let file = try KeyFile(certificate, password: password, wantsKey: key == nil)
        guard !file.certificates.isEmpty else { throw .noCertificate }
        let owned = try key.map { key throws(CertifiedKeyFault) in try PrivateKey(key, password: password) }
        guard let mine = owned ?? file.key else { throw .noKey }
        guard let place = file.certificates.firstIndex(where: mine.belongs) else { throw .keyMismatch }
        self.key = mine
        self.certificate = file.certificates[place]
        chain = file.certificates.enumerated().filter { $0.offset != place }.map(\.element)
    }
}

/// Why files are no certificate with its key. Never holds their content.
package enum CertifiedKeyFault: Error, Equatable, Sendable {
    /// No PEM with a certificate in it, and no PKCS #12.
    case noCertificate
    /// No private key where it should be.
    case noKey
    case passwordNeeded
    case wrongPassword
    /// Encrypted with what this library no longer does, such as RC2.
    case unsupportedEncryption
    /// RSA below 2048 bits, or of a kind that cannot sign.
    case unusableKey
    /// The private key is another certificate's.
    case keyMismatch
}

extension CertifiedKeyFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noCertificate: "expected a certificate, as PEM or PKCS #12"
        case .noKey: "expected a private key, as PEM or beside the certificate"
        case .passwordNeeded: "expected a password, since the private key is encrypted"
        case .wrongPassword: "expected the password of the private key; this one does not open it"
        case .unsupportedEncryption: "expected a newer encryption than RC2 or the like; export the file again with AES"
        case .unusableKey: "expected an RSA key of at least 2048 bits, or an EC or Ed25519 key"
        case .keyMismatch: "expected the private key of the certificate; this one is another's"
        }
    }
}

extension PrivateKey {
    /// A key that an operator has configured.
    fileprivate convenience init(_ pem: Secret, password: Secret?) throws(CertifiedKeyFault) {
        do throws(KeyFault) { try self.init(pem: pem, passphrase: password) } catch { throw CertifiedKeyFault(error) }
    }

    /// Whether the certificate is about this key.
    fileprivate func belongs(to certificate: Certificate) -> Bool {
        defer { ErrorQueue.drain() }
        return unsafe certificate.withPointer { unsafe X509_check_private_key($0, key) == 1 } ?? false
    }
}

extension CertifiedKeyFault {
    fileprivate init(_ fault: KeyFault) {
        self =
            switch fault {
            case .notPEM: .noKey
            case .passphraseNeeded: .passwordNeeded
            case .wrongPassphrase: .wrongPassword
            case .unsupportedType, .wrongSize, .invalid, .algorithmMismatch, .refused: .unusableKey
            }
    }
}

/// What one file holds, in whichever of the two forms it is.
private struct KeyFile {
    var certificates: [Certificate] = []
    var key: PrivateKey?

    init(_ bytes: Secret, password: Secret?, wantsKey: Bool) throws(CertifiedKeyFault) {
        let found = bytes.withSpan { try? Certificate.all(inPEM: $0) }
        guard let found, !found.isEmpty else {
            if let store = try PKCS12(bytes, password: password) {
                (certificates, key) = (store.certificates, store.key)
            }
            return
        }
        certificates = found
        if wantsKey { key = try PrivateKey(bytes, password: password) }
    }
}
