internal import COpenSSL

/// A public key that checks signatures.
///
/// `@unchecked Sendable`: the key is complete after `init` and only read afterwards, which the library allows
/// from any number of threads (its inner caches take their own locks). `@safe`: owned here, freed in `deinit`.
@safe
package final class PublicKey: @unchecked Sendable {
    private let key: OpaquePointer
    /// What kind of key this is; it decides which algorithms may use it.
    package let type: KeyType

    /// - Parameter adopting: freed here from now on.
    init(adopting key: OpaquePointer, type: KeyType) {
        unsafe self.key = key
        self.type = type
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// An RSA key from a JWK's `n` and `e` (RFC 7518 §6.3.1), most significant byte first.
    /// - Throws: `.wrongSize` for a modulus outside 2048…8192 bits or an exponent above 64 bits, `.invalid` for an
    ///   exponent that is even or 1.
    package convenience init(modulus: Span<UInt8>, exponent: Span<UInt8>) throws(KeyFault) {
        // The bytes come from the network: bound the work before numbers are made of them.
        guard modulus.count <= 1025, exponent.count <= 9 else { throw .wrongSize }
        guard let n = BigNumber(modulus), let e = BigNumber(exponent) else { throw .refused }
        guard 2048...8192 ~= n.bitCount, e.bitCount <= 64 else { throw .wrongSize }
        guard n.isOdd, e.isOdd, e.bitCount > 1 else { throw .invalid }
        guard var parameters = KeyParameters() else { throw .refused }
        parameters.push(KeyParameters.Name.modulus, n)
        parameters.push(KeyParameters.Name.exponent, e)
        let key = unsafe try parameters.makePublicKey("RSA")
        // The builder points at both numbers until here.
        extendLifetime(n)
        extendLifetime(e)
        unsafe self.init(adopting: key, type: .rsa)
    }

    /// An elliptic curve key from a JWK's `x` and `y` (RFC 7518 §6.2.1).
    /// - Throws: `.wrongSize` unless both have exactly the curve's length, `.invalid` for a point off the curve.
    package convenience init(curve: EllipticCurve, x: Span<UInt8>, y: Span<UInt8>) throws(KeyFault) {
        guard x.count == curve.coordinateSize, y.count == curve.coordinateSize else { throw .wrongSize }
        var point: [UInt8] = [4]
        for i in x.indices { point.append(x[i]) }
        for i in y.indices { point.append(y[i]) }
        let name: StaticString =
            switch curve {
            case .p256: "P-256"
            case .p384: "P-384"
            case .p521: "P-521"
            }
        let key = unsafe try Self.make("EC", point: point, group: name)
        unsafe self.init(adopting: key, type: .ellipticCurve(curve))
    }

    /// An Ed25519 key from a JWK's `x` (RFC 8037 §2).
    /// - Throws: `.wrongSize` unless there are 32 bytes.
    package convenience init(ed25519 x: Span<UInt8>) throws(KeyFault) {
        guard x.count == 32 else { throw .wrongSize }
        var point: [UInt8] = []
        for i in x.indices { point.append(x[i]) }
        let key = unsafe try Self.make("ED25519", point: point, group: nil)
        unsafe self.init(adopting: key, type: .ed25519)
    }

    /// The key that a certificate is about.
    /// - Throws: `.unsupportedType`, `.wrongSize`; `.invalid` for a certificate without a key.
    package convenience init(of certificate: Certificate) throws(KeyFault) {
        defer { ErrorQueue.drain() }
        guard let key = unsafe certificate.withPointer({ unsafe X509_get_pubkey($0) }), let key = unsafe key else {
            throw .invalid
        }
        do throws(KeyFault) {
            let type = unsafe try KeyType(of: key)
            unsafe self.init(adopting: key, type: type)
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
    }

    private static func make(_ type: String, point: [UInt8], group: StaticString?) throws(KeyFault) -> OpaquePointer {
        let made: Result<OpaquePointer, KeyFault> = unsafe point.withUnsafeBytes { raw in
            do throws(KeyFault) {
                guard var parameters = KeyParameters() else { throw .refused }
                if let group { parameters.push(KeyParameters.Name.group, group) }
                unsafe parameters.push(KeyParameters.Name.publicKey, raw)
                return unsafe .success(try parameters.makePublicKey(type))
            } catch { return unsafe .failure(error) }
        }
        return unsafe try made.get()
    }

    /// Whether `signature`, in the form of RFC 7518 §3 and RFC 8037 §3.1 (ECDSA as r‖s), is this key's over `message`.
    /// False as well for an algorithm of another key type and for any wrong length: there is no third answer.
    package func verify(algorithm: JWSAlgorithm, message: Span<UInt8>, signature: Span<UInt8>) -> Bool {
        guard algorithm.keyType == type else { return false }
        defer { ErrorQueue.drain() }
        guard case .ellipticCurve(let curve) = type else { return check(algorithm, message, signature) }
        guard let der = ECDSASignature.der(fromRaw: signature, curve: curve) else { return false }
        return check(algorithm, message, der.span)
    }

    private func check(_ algorithm: JWSAlgorithm, _ message: Span<UInt8>, _ signature: Span<UInt8>) -> Bool {
        ErrorQueue.clear()
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var details: OpaquePointer?
        guard unsafe EVP_DigestVerifyInit(context, &details, algorithm.hash, nil, key) == 1,
            unsafe algorithm.configure(details)
        else { return false }
        return unsafe message.withUnsafeBytes { message in
            unsafe signature.withUnsafeBytes { signature in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count,
                    message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count) == 1
            }
        }
    }
}

extension JWSAlgorithm {
    /// Sets what RFC 7518 §3.5 asks of PSS: MGF1 with the same hash (the default), a salt as long as the hash.
    func configure(_ details: OpaquePointer?) -> Bool {
        guard usesPSS else { return true }
        return unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1
    }
}
