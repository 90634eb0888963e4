import COpenSSL

@testable import OpenSSL

// What only tests do to a context.

extension SSLContext {
    /// Allows one protocol version, at the security level that even old ones need.
    func allowOnly(_ version: Int32) {
        SSL_CTX_set_security_level(pointer, 0)
        SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    }

    func offerOnlyHTTP2() { SSL_CTX_set_alpn_protos(pointer, [2, 104, 50], 3) }
}
