package import OpenSSL

/// Where a client's certificate and key are, and what was in the files when they were read.
package struct CertificateFiles: Sendable {
    /// PEM or PKCS #12.
    package let certificate: ConfiguredFile
    /// PEM; nil when the key is beside the certificate.
    package let key: ConfiguredFile?
    /// Of an encrypted key or of PKCS #12.
    package let password: ConfiguredSecret?

    /// The certificate with its key.
    /// - Throws: `CertifiedKeyFault`.
    package func identity() throws(CertifiedKeyFault) -> CertifiedKey {
        try CertifiedKey(certificate: certificate.contents, key: key?.contents, password: password?.value)
    }

    /// The files as they are now.
    package func reread(by readFile: FileReader = SystemFile.readAgain) throws(UnreadableFile) -> CertificateFiles {
        CertificateFiles(
            certificate: try certificate.reread(by: readFile),
            key: try key.map { key throws(UnreadableFile) in try key.reread(by: readFile) },
            password: try password.map { password throws(UnreadableFile) in try password.reread(by: readFile) })
    }

    /// Whether nothing has changed.
    package func isSame(as other: CertificateFiles) -> Bool {
        isEqual(certificate.contents, other.certificate.contents) && isEqual(key?.contents, other.key?.contents)
            && isEqual(password?.value, other.password?.value)
    }
}
