internal import COpenSSL

/// The library in use at run time, which a distribution patches without us.
package enum OpenSSLVersion {
    /// For example `OpenSSL 3.0.22 25 Aug 2026`.
    package static var text: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION) else { return "OpenSSL" }
        return unsafe String(cString: text)
    }
}
