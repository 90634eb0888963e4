package import Bytes
internal import COpenSSL

#if canImport(Glibc)
    internal import Glibc
#endif

/// What is asked of an X.509 certificate: how long it lasts, and its fingerprints.
package struct Certificate: Sendable, Equatable {
    /// Seconds since 1970, inclusive.
    package let notBefore: Int
    /// Seconds since 1970, inclusive.
    package let notAfter: Int
    /// SHA-256 of the DER form: a JWS header's `x5t#S256` before base64url (RFC 7515 §4.1.8).
    package let thumbprint: Digest256
    /// SHA-1 of the DER form: a JWS header's `x5t` before base64url (RFC 7515 §4.1.7). A name, not a protection.
    package let oldThumbprint: [UInt8]
    /// The DER form.
    let der: [UInt8]

    /// The first certificate of a PEM text.
    /// - Throws: `KeyFault.notPEM`, `.invalid` for dates that are none.
    package init(pem: Span<UInt8>) throws(KeyFault) {
        guard let first = try Self.all(inPEM: pem).first else { throw .notPEM }
        self = first
    }

    /// All certificates of a PEM text in its order, whatever else is in it.
    /// - Throws: `KeyFault.invalid` for one that cannot be read, or has dates that are none.
    static func all(inPEM pem: Span<UInt8>) throws(KeyFault) -> [Certificate] {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        let found = unsafe pem.withUnsafeBytes { bytes -> Result<[Certificate], KeyFault> in
            guard let count = Int32(exactly: bytes.count), let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
            else { return .success([]) }
            defer { unsafe BIO_free(input) }
            do throws(KeyFault) { return .success(unsafe try read(input)) } catch { return .failure(error) }
        }
        return try found.get()
    }

    private static func read(_ input: OpaquePointer) throws(KeyFault) -> [Certificate] {
        var found: [Certificate] = []
        // As plain ones and as OpenSSL's "trusted" ones, which some distributions' bundles hold.
        while let certificate = unsafe PEM_read_bio_X509_AUX(input, nil, refusePassphrase, nil) {
            defer { unsafe X509_free(certificate) }
            found.append(unsafe try Certificate(copying: certificate))
        }
        // Anything else than the end of the text is a certificate that is broken.
        guard ErrorQueue.newestIs(PEM_R_NO_START_LINE, of: ERR_LIB_PEM) else { throw .invalid }
        return found
    }

    /// - Throws: `KeyFault.invalid`.
    init(copying certificate: OpaquePointer) throws(KeyFault) {
        guard let begin = unsafe Self.seconds(X509_get0_notBefore(certificate)),
            let end = unsafe Self.seconds(X509_get0_notAfter(certificate)),
            let new = unsafe Self.digest(certificate, EVP_sha256(), 32),
            let old = unsafe Self.digest(certificate, EVP_sha1(), 20), let der = unsafe Self.der(certificate)
        else { throw .invalid }
        (notBefore, notAfter, oldThumbprint, self.der) = (begin, end, old, der)
        var thumbprint = Digest256()
        unsafe withUnsafeMutableBytes(of: &thumbprint.words) { unsafe $0.copyBytes(from: new) }
        self.thumbprint = thumbprint
    }

    /// Lends the certificate in the library's own form; nil when there is no memory for it.
    func withPointer<R>(_ body: (OpaquePointer) -> R) -> R? {
        let certificate = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            return unsafe d2i_X509(nil, &position, bytes.count)
        }
        guard let certificate = unsafe certificate else { return nil }
        defer { unsafe X509_free(certificate) }
        return unsafe body(certificate)
    }

    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe timegm(&parts)
    }

    private static func digest(_ certificate: OpaquePointer, _ hash: OpaquePointer?, _ size: Int) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: size)
        var count = UInt32(0)
        guard unsafe X509_digest(certificate, hash, &digest, &count) == 1, Int(count) == size else { return nil }
        return digest
    }

    private static func der(_ certificate: OpaquePointer) -> [UInt8]? {
        let count = unsafe i2d_X509(certificate, nil)
        guard count > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe der.withUnsafeMutableBufferPointer { bytes in
            var position = bytes.baseAddress
            return unsafe i2d_X509(certificate, &position)
        }
        return written == count ? der : nil
    }
}

extension Certificate {
    /// The day, in UTC, on which it ends: `2027-01-31`.
    package var lastDay: String {
        var (moment, parts) = (time_t(notAfter), unsafe tm())
        guard unsafe gmtime_r(&moment, &parts) != nil else { return "an unknown day" }
        func digits(_ number: Int32, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(width &- text.utf8.count, 0)) + text
        }
        return unsafe "\(digits(parts.tm_year &+ 1900, 4))-\(digits(parts.tm_mon &+ 1, 2))-\(digits(parts.tm_mday, 2))"
    }
}
