/// Why the cryptographic library could not do what every installation can.
package enum CryptoFault: Error, Equatable {
    /// The algorithm is not offered, for example by a restricted provider.
    case algorithmUnavailable
    /// There is no randomness to be had.
    case noRandomness
}

/// Why bytes are no usable key, or a key cannot do what is asked. Never carries the key.
package enum KeyFault: Error, Equatable {
    /// The text holds no PEM of the expected kind.
    case notPEM
    /// The private key is protected by a passphrase, which nobody is there to type.
    case passphraseNeeded
    /// The private key is protected by another passphrase.
    case wrongPassphrase
    /// Another kind of key than RSA, EC P-256/384/521 or Ed25519.
    case unsupportedType
    /// An RSA modulus outside 2048…8192 bits, or a coordinate whose length is not its curve's.
    case wrongSize
    /// The numbers are no key: not on the curve, an even exponent.
    case invalid
    /// The key's type cannot make the algorithm's signatures.
    case algorithmMismatch
    /// The library refused.
    case refused
}
