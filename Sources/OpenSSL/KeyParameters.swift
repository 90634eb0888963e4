internal import COpenSSL

/// The named numbers a public key is made of, collected for the library.
///
/// `@safe`: owns the builder and frees it in `deinit`. The builder keeps pointers to what is pushed, names included:
/// names are static, and callers hold the values in their own frame until `makePublicKey` is through.
@safe
struct KeyParameters: ~Copyable {
    /// The library's names for a key's parts (`OSSL_PKEY_PARAM_…`, which Swift imports as short-lived strings).
    enum Name {
        static var modulus: StaticString { "n" }
        static var exponent: StaticString { "e" }
        static var group: StaticString { "group" }
        static var publicKey: StaticString { "pub" }
    }

    private let builder: OpaquePointer
    private var complete = true

    init?() {
        ErrorQueue.clear()
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        unsafe self.builder = builder
    }

    deinit { unsafe OSSL_PARAM_BLD_free(builder) }

    mutating func push(_ name: StaticString, _ number: borrowing BigNumber) {
        complete = unsafe OSSL_PARAM_BLD_push_BN(builder, name.characters, number.pointer) == 1 && complete
    }

    mutating func push(_ name: StaticString, _ text: StaticString) {
        let pushed = unsafe OSSL_PARAM_BLD_push_utf8_string(
            builder, name.characters, text.characters, text.utf8CodeUnitCount)
        complete = pushed == 1 && complete
    }

    mutating func push(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) {
        let pushed = unsafe OSSL_PARAM_BLD_push_octet_string(builder, name.characters, bytes.baseAddress, bytes.count)
        complete = pushed == 1 && complete
    }

    /// The key of that type, checked by the library (an elliptic curve's point lies on its curve).
    /// - Throws: `.invalid`.
    func makePublicKey(_ type: String) throws(KeyFault) -> OpaquePointer {
        defer { ErrorQueue.drain() }
        guard complete, let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { throw .refused }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw .refused }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, obo_EVP_PKEY_PUBLIC_KEY(), parameters) == 1,
            let key = unsafe key
        else { throw .invalid }
        return unsafe key
    }
}
