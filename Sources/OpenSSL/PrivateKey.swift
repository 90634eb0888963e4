package import Bytes
internal import COpenSSL

/// A private key that makes signatures: the development identity provider's, and a client's own assertions.
///
/// `@unchecked Sendable`: complete after `init` and only read afterwards, which the library allows from any
/// number of threads. `@safe`: owned here, freed (and wiped by the library) in `deinit`.
@safe
package final class PrivateKey: @unchecked Sendable {
    let key: OpaquePointer
    /// What kind of key this is; it decides which algorithms may use it.
    package let type: KeyType

    private init(adopting key: OpaquePointer, type: KeyType) {
        unsafe self.key = key
        self.type = type
    }

    /// Takes the key over, and frees it where it is none for us.
    /// - Throws: `.unsupportedType`, `.wrongSize`.
    convenience init(adopting key: OpaquePointer) throws(KeyFault) {
        do throws(KeyFault) {
            let type = unsafe try KeyType(of: key)
            unsafe self.init(adopting: key, type: type)
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The first key of a PEM text (PKCS #8, or the older forms for RSA and EC), whatever else is in it.
    /// - Parameter passphrase: of a key that is encrypted; not looked at otherwise.
    /// - Throws: `.notPEM`, `.passphraseNeeded`, `.wrongPassphrase`, `.unsupportedType`, `.wrongSize` for RSA below
    ///   2048 bits.
    package convenience init(pem: Secret, passphrase: Secret? = nil) throws(KeyFault) {
        defer { ErrorQueue.drain() }
        unsafe try self.init(adopting: Self.read(pem, passphrase))
    }

    private static func read(_ pem: Secret, _ passphrase: Secret?) throws(KeyFault) -> OpaquePointer {
        ErrorQueue.clear()
        var answer = Passphrase(passphrase)
        let key = unsafe pem.withBytes { bytes -> OpaquePointer? in
            guard let count = Int32(exactly: bytes.count), let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
            else { return nil }
            defer { unsafe BIO_free(input) }
            return unsafe withUnsafeMutablePointer(to: &answer) {
                unsafe PEM_read_bio_PrivateKey(input, nil, givePassphrase, $0)
            }
        }
        if let key = unsafe key { return unsafe key }
        guard answer.wasAsked else { throw .notPEM }
        throw passphrase == nil ? .passphraseNeeded : .wrongPassphrase
    }

    /// A new key of that kind; RSA with 2048 bits.
    /// - Throws: `.refused`.
    package convenience init(generating type: KeyType) throws(KeyFault) {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        let key: OpaquePointer? =
            switch type {
            case .rsa: unsafe Self.generate("RSA") { unsafe EVP_PKEY_CTX_set_rsa_keygen_bits($0, 2048) == 1 }
            case .ellipticCurve(let curve):
                unsafe Self.generate("EC") { unsafe EVP_PKEY_CTX_set_group_name($0, curve.rawValue) == 1 }
            case .ed25519: unsafe Self.generate("ED25519") { _ in true }
            }
        guard let key = unsafe key else { throw .refused }
        unsafe self.init(adopting: key, type: type)
    }

    private static func generate(_ name: String, _ set: (OpaquePointer) -> Bool) -> OpaquePointer? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe set(context),
            unsafe EVP_PKEY_generate(context, &key) == 1
        else { return nil }
        return unsafe key
    }

    /// A signature in the form a JWS carries (ECDSA as r‖s).
    /// - Throws: `.algorithmMismatch` when the key is of another type, `.refused`.
    package func sign(algorithm: JWSAlgorithm, message: Span<UInt8>) throws(KeyFault) -> [UInt8] {
        guard algorithm.keyType == type else { throw .algorithmMismatch }
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard let signature = make(algorithm, message) else { throw .refused }
        guard case .ellipticCurve(let curve) = type else { return signature }
        guard let raw = ECDSASignature.raw(fromDER: signature, curve: curve) else { throw .refused }
        return raw
    }

    private func make(_ algorithm: JWSAlgorithm, _ message: Span<UInt8>) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        var details: OpaquePointer?
        guard unsafe EVP_DigestSignInit(context, &details, algorithm.hash, nil, key) == 1,
            unsafe algorithm.configure(details)
        else { return nil }
        var count = max(Int(unsafe EVP_PKEY_get_size(key)), 0)
        var signature = [UInt8](repeating: 0, count: count)
        let signed = unsafe signature.withUnsafeMutableBufferPointer { out in
            unsafe message.withUnsafeBytes { message in
                unsafe EVP_DigestSign(
                    context, out.baseAddress, &count, message.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    message.count) == 1
            }
        }
        guard signed, count <= signature.count else { return nil }
        signature.removeLast(signature.count &- count)
        return signature
    }

    /// The public half's numbers, as a JWK spells them (before base64url).
    /// - Throws: `.refused`.
    package func publicMembers() throws(KeyFault) -> PublicKeyMembers {
        defer { ErrorQueue.drain() }
        switch type {
        case .rsa:
            guard let n = number(OSSL_PKEY_PARAM_RSA_N), let e = number(OSSL_PKEY_PARAM_RSA_E) else { throw .refused }
            return .rsa(modulus: n.bytes, exponent: e.bytes)
        case .ellipticCurve(let curve):
            guard let x = number(OSSL_PKEY_PARAM_EC_PUB_X)?.bytes(size: curve.coordinateSize),
                let y = number(OSSL_PKEY_PARAM_EC_PUB_Y)?.bytes(size: curve.coordinateSize)
            else { throw .refused }
            return .ellipticCurve(curve, x: x, y: y)
        case .ed25519:
            var x = [UInt8](repeating: 0, count: 32)
            var count = 32
            guard unsafe EVP_PKEY_get_raw_public_key(key, &x, &count) == 1, count == 32 else { throw .refused }
            return .ed25519(x: x)
        }
    }

    private func number(_ name: String) -> BigNumber? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1, let number = unsafe number else { return nil }
        return unsafe BigNumber(adopting: number)
    }

    /// The public half.
    /// - Throws: `KeyFault`.
    package func publicKey() throws(KeyFault) -> PublicKey {
        switch try publicMembers() {
        case .rsa(let modulus, let exponent): try PublicKey(modulus: modulus.span, exponent: exponent.span)
        case .ellipticCurve(let curve, let x, let y): try PublicKey(curve: curve, x: x.span, y: y.span)
        case .ed25519(let x): try PublicKey(ed25519: x.span)
        }
    }
}
