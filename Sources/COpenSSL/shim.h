// features.h first: see CLibevent/shim.h.
#include <features.h>
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/rand.h>
#include <openssl/pem.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

// Swift imports no function-like macros. Each function below is one such macro under a prefixed name.

/// SSL_OP_BIT(30) is an expression macro.
static inline uint64_t obo_SSL_OP_NO_RENEGOTIATION(void) { return SSL_OP_NO_RENEGOTIATION; }
/// SSL_OP_BIT(7) is an expression macro.
static inline uint64_t obo_SSL_OP_IGNORE_UNEXPECTED_EOF(void) { return SSL_OP_IGNORE_UNEXPECTED_EOF; }
/// A macro of or-ed macros.
static inline int obo_EVP_PKEY_PUBLIC_KEY(void) { return EVP_PKEY_PUBLIC_KEY; }
static inline int obo_SSL_CTX_set_min_proto_version(SSL_CTX *c, int v) {
  return (int)SSL_CTX_set_min_proto_version(c, v);
}
static inline int obo_SSL_CTX_add1_chain_cert(SSL_CTX *c, X509 *x) { return (int)SSL_CTX_add1_chain_cert(c, x); }
static inline void obo_SSL_CTX_set_mode(SSL_CTX *c, long m) { SSL_CTX_set_mode(c, m); }
static inline void obo_SSL_CTX_set_read_ahead(SSL_CTX *c) { SSL_CTX_set_read_ahead(c, 1); }
static inline void obo_SSL_CTX_set_session_cache_mode(SSL_CTX *c, long m) { SSL_CTX_set_session_cache_mode(c, m); }
static inline int obo_SSL_set_tlsext_host_name(SSL *s, const char *n) { return (int)SSL_set_tlsext_host_name(s, n); }
