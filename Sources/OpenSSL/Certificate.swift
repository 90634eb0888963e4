package import Bytes
internal import COpenSSL

#if canImport(Glibc)
    internal import Glibc
#endif

/// What is asked of an X.509 certificate: how long it lasts, and its fingerprint.
package struct Certificate: Sendable, Equatable {
    /// Seconds since 1970, inclusive.
    package let notBefore: Int
    /// Seconds since 1970, inclusive.
    package let notAfter: Int
    /// SHA-256 of the DER form: a JWS header's `x5t#S256` before base64url (RFC 7515 §4.1.8).
    package let thumbprint: Digest256

    /// The first certificate of a PEM text.
    /// - Throws: `KeyFault.notPEM`, `.invalid` for dates that are none.
    package init(pem: Span<UInt8>) throws(KeyFault) {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard let certificate = unsafe Self.read(pem) else { throw .notPEM }
        defer { unsafe X509_free(certificate) }
        guard let begin = unsafe Self.seconds(X509_get0_notBefore(certificate)),
            let end = unsafe Self.seconds(X509_get0_notAfter(certificate)),
            let print = unsafe Self.thumbprint(certificate)
        else { throw .invalid }
        (notBefore, notAfter, thumbprint) = (begin, end, print)
    }

    private static func read(_ pem: Span<UInt8>) -> OpaquePointer? {
        unsafe pem.withUnsafeBytes { bytes in
            guard let count = Int32(exactly: bytes.count), let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
            else { return nil }
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_X509(input, nil, refusePassphrase, nil)
        }
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe timegm(&parts)
    }

    private static func thumbprint(_ certificate: OpaquePointer) -> Digest256? {
        var digest = Digest256()
        let done = unsafe withUnsafeMutableBytes(of: &digest.words) { out in
            unsafe X509_digest(certificate, EVP_sha256(), out.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
                == 1
        }
        return done ? digest : nil
    }
}
