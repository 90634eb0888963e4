internal import COpenSSL

/// What client and server share: the owner of one `SSL_CTX` with this project's rules set.
///
/// `@unchecked Sendable`: it is changed only while being set up, before it is shared; making sessions of it is
/// safe from any thread. `@safe`: owned here, freed in `deinit`, lent inside this target only.
@safe
final class SSLContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter method: `TLS_client_method()` or `TLS_server_method()`.
    init(_ method: OpaquePointer?) throws(TLSFileFault) {
        ErrorQueue.clear()
        guard let pointer = unsafe SSL_CTX_new(method) else {
            ErrorQueue.drain()
            throw .libraryUnavailable
        }
        unsafe self.pointer = pointer
        guard unsafe obo_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION) == 1 else {
            ErrorQueue.drain()
            throw .libraryUnavailable
        }
        unsafe SSL_CTX_set_options(pointer, obo_SSL_OP_NO_RENEGOTIATION())
        // A system-wide openssl.cnf may set this; it would hide truncated bodies.
        unsafe SSL_CTX_clear_options(pointer, obo_SSL_OP_IGNORE_UNEXPECTED_EOF())
        unsafe obo_SSL_CTX_set_mode(
            pointer, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        )
        unsafe obo_SSL_CTX_set_read_ahead(pointer)
        unsafe SSL_CTX_set_default_passwd_cb(pointer, refusePassphrase)
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    /// Loads the certificate to show and its key.
    func useIdentity(certificate: String, key: String) throws(TLSFileFault) {
        try requireReadable(certificate)
        try requireReadable(key)
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw .noCertificate(path: certificate)
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) != 1 else {
            guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
                throw .keyMismatch(certificate: certificate, key: key)
            }
            return
        }
        if ErrorQueue.newestIs(X509_R_KEY_VALUES_MISMATCH, of: ERR_LIB_X509)
            || ErrorQueue.newestIs(X509_R_KEY_TYPE_MISMATCH, of: ERR_LIB_X509)
        {
            throw .keyMismatch(certificate: certificate, key: key)
        }
        throw ErrorQueue.drainLookingForPassphrase() ? .passphraseNeeded(path: key) : .noPrivateKey(path: key)
    }

    /// Shows this certificate, with its chain.
    func use(_ identity: CertifiedKey) -> Bool {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        let isSet = unsafe identity.certificate.withPointer { unsafe SSL_CTX_use_certificate(pointer, $0) == 1 }
        guard isSet == true, unsafe SSL_CTX_use_PrivateKey(pointer, identity.key.key) == 1 else { return false }
        return identity.chain.allSatisfy { certificate in
            unsafe certificate.withPointer { unsafe obo_SSL_CTX_add1_chain_cert(pointer, $0) == 1 } ?? false
        }
    }

    /// Trusts the certificates of a PEM file besides those trusted already.
    func trust(file: String) throws(TLSFileFault) {
        try requireReadable(file)
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard unsafe SSL_CTX_load_verify_file(pointer, file) == 1 else { throw .noCertificate(path: file) }
    }

    /// Told apart from a wrong content, since the remedy is another.
    private func requireReadable(_ path: String) throws(TLSFileFault) {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard let file = unsafe BIO_new_file(path, "r") else { throw .unreadable(path: path) }
        unsafe BIO_free(file)
    }
}
