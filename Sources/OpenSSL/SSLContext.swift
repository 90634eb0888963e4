internal import COpenSSL

/// What client and server share: the owner of one `SSL_CTX` with this project's rules set.
///
/// `@unchecked Sendable`: it is changed only while being set up, before it is shared; making sessions of it is
/// safe from any thread. `@safe`: owned here, freed in `deinit`, lent inside this target only.
@safe
final class SSLContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter method: `TLS_client_method()` or `TLS_server_method()`.
    init(_ method: OpaquePointer?) throws(TLSSetupFault) {
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

    /// Trusts these besides those trusted already.
    func trust(_ anchors: TrustAnchors) -> Bool {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard let store = unsafe SSL_CTX_get_cert_store(pointer) else { return false }
        return anchors.certificates.allSatisfy { certificate in
            unsafe certificate.withPointer { unsafe X509_STORE_add_cert(store, $0) == 1 } ?? false
        }
    }
}
