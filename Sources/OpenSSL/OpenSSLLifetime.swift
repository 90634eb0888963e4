internal import COpenSSL

/// When the library goes.
package enum OpenSSLLifetime {
    /// Keeps the library whole for as long as the process lives. Call before anything else of this module, and
    /// wherever threads may still be at work when the process exits: by itself the library tears its tables down
    /// in `exit`, under a thread that is just then in a handshake, and the process ends with a crash.
    package static func keepUntilTheEnd() {
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
