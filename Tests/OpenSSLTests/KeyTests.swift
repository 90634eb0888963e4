import Bytes
import Testing

@testable import OpenSSL

@Suite struct PublishedSignatureTests {
    @Test(arguments: PublishedSignature.all)
    func verifies(_ vector: PublishedSignature) throws {
        let key = try vector.publicKey()
        #expect(key.verifies(vector.algorithm, vector.message, vector.signature))
    }

    @Test(arguments: PublishedSignature.all)
    func noFlippedBitVerifies(_ vector: PublishedSignature) throws {
        let key = try vector.publicKey()
        for position in stride(from: 0, to: vector.signature.count, by: 7) {
            var signature = vector.signature
            signature[position] ^= 1 << UInt8(position % 8)
            #expect(!key.verifies(vector.algorithm, vector.message, signature))
        }
        for position in stride(from: 0, to: vector.message.count, by: 11) {
            var message = vector.message
            message[position] ^= 1
            #expect(!key.verifies(vector.algorithm, message, vector.signature))
        }
    }

    @Test(arguments: PublishedSignature.all)
    func noOtherLengthVerifies(_ vector: PublishedSignature) throws {
        let key = try vector.publicKey()
        let signature = vector.signature
        for other in [[], Array(signature.dropLast()), signature + [0], [0] + signature, Array(signature.dropFirst())] {
            #expect(!key.verifies(vector.algorithm, vector.message, other))
        }
    }

    @Test(arguments: PublishedSignature.all)
    func noOtherAlgorithmVerifies(_ vector: PublishedSignature) throws {
        let key = try vector.publicKey()
        for algorithm in JWSAlgorithm.allCases where algorithm != vector.algorithm {
            #expect(!key.verifies(algorithm, vector.message, vector.signature))
        }
    }

    @Test(arguments: PublishedSignature.all)
    func oneKeyServesManyThreads(_ vector: PublishedSignature) async throws {
        let key = try vector.publicKey()
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    (0..<20).allSatisfy { _ in key.verifies(vector.algorithm, vector.message, vector.signature) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == Array(repeating: true, count: 16))
    }

    @Test func derIsNoJWSSignature() throws {
        let vector = try #require(PublishedSignature.all.first { $0.algorithm == .es256 })
        let der = try #require(ECDSASignature.der(fromRaw: vector.signature))
        #expect(ECDSASignature.raw(fromDER: der, curve: .p256) == vector.signature)
        #expect(
            try !vector.publicKey().verifies(.es256, vector.message, der))
    }

    @Test func zeroNumbersAreNoSignature() throws {
        // CVE-2022-21449's forgery: r = s = 0.
        let vector = try #require(PublishedSignature.all.first { $0.algorithm == .es256 })
        let zero = [UInt8](repeating: 0, count: 64)
        #expect(try !vector.publicKey().verifies(.es256, vector.message, zero))
    }
}

@Suite struct PublicKeyTests {
    @Test func refusesNumbersThatAreNoRSAKey() throws {
        let small = [UInt8](repeating: 0xFF, count: 255)
        let good = [UInt8](repeating: 0xFF, count: 256)
        let huge = [UInt8](repeating: 0xFF, count: 1026)
        #expect(throws: Never.self) { try PublicKey.rsa(good, [1, 0, 1]) }
        // Leading zeros do not make it longer.
        for modulus in [small, [0] + small, huge, []] {
            #expect(throws: KeyFault.wrongSize) { try PublicKey.rsa(modulus, [1, 0, 1]) }
        }
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0]] {
            #expect(throws: KeyFault.invalid) { try PublicKey.rsa(good, exponent) }
        }
        #expect(throws: KeyFault.wrongSize) { try PublicKey.rsa(good, [1, 0, 0, 0, 0, 0, 0, 0, 1]) }
        #expect(throws: KeyFault.invalid) { try PublicKey.rsa(good.dropLast() + [2], [3]) }
    }

    @Test func refusesPointsOffTheCurveAndOfAnotherCurve() throws {
        let key = try PrivateKey(generating: .ellipticCurve(.p256))
        guard case .ellipticCurve(.p256, let x, var y) = try key.publicMembers() else {
            Issue.record("no P-256 key")
            return
        }
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(throws: Never.self) { try PublicKey.ec(.p256, x, y) }
        #expect(throws: KeyFault.wrongSize) { try PublicKey.ec(.p384, x, y) }
        #expect(throws: KeyFault.wrongSize) { try PublicKey.ec(.p256, Array(x.dropLast()), y) }
        #expect(throws: KeyFault.wrongSize) { try PublicKey.ec(.p256, [0] + x, y) }
        #expect(throws: KeyFault.invalid) { try PublicKey.ec(.p256, zero, zero) }
        y[31] ^= 1
        #expect(throws: KeyFault.invalid) { try PublicKey.ec(.p256, x, y) }
        #expect(throws: KeyFault.wrongSize) { try PublicKey.ed25519(Array(zero.dropLast())) }
    }
}

@Suite struct CertificatesKeyTests {
    @Test(arguments: PrivateKeyTests.types)
    func isTheOneThatItIsAbout(_ type: KeyType) throws {
        let leaf = try TestAuthority().leaf(type)
        let key = try PublicKey(of: Certificate(pem: Array(leaf.pem.utf8).span))
        #expect(key.type == type)
        let algorithm = try #require(JWSAlgorithm.allCases.first { $0.keyType == type })
        let signature = try PrivateKey(pem: Secret(leaf.key.pem)).signed(algorithm, [1, 2])
        #expect(key.verifies(algorithm, [1, 2], signature))
        #expect(!key.verifies(algorithm, [1, 3], signature))
    }
}

@Suite struct PrivateKeyTests {
    static let types: [KeyType] = [
        .rsa, .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .ed25519,
    ]

    @Test(arguments: types)
    func signsWhatItsPublicHalfVerifies(_ type: KeyType) throws {
        let key = try PrivateKey(generating: type)
        let stranger = try PrivateKey(generating: type).publicKey()
        let message = Array("eyJhbGciOiJ4In0.e30".utf8)
        for algorithm in JWSAlgorithm.allCases {
            guard algorithm.keyType == type else {
                #expect(throws: KeyFault.algorithmMismatch) {
                    try key.signed(algorithm, message)
                }
                continue
            }
            let signature = try key.signed(algorithm, message)
            #expect(try key.publicKey().verifies(algorithm, message, signature))
            #expect(!stranger.verifies(algorithm, message, signature))
            if case .ellipticCurve(let curve) = type { #expect(signature.count == 2 * curve.coordinateSize) }
        }
    }

    @Test func shortNumbersArePadded() throws {
        // Every 128th signature or so has a half that begins with a zero byte.
        let key = try PrivateKey(generating: .ellipticCurve(.p256))
        let (message, verifier) = (Array("m".utf8), try key.publicKey())
        for _ in 0..<600 {
            let signature = try key.signed(.es256, message)
            #expect(signature.count == 64)
            #expect(verifier.verifies(.es256, message, signature))
        }
    }

    @Test(arguments: types)
    func readsPEM(_ type: KeyType) throws {
        let made = try TestKey(type)
        let read = try PrivateKey(pem: Secret(made.pem))
        #expect(read.type == type)
        let algorithm = try #require(JWSAlgorithm.allCases.first { $0.keyType == type })
        let signature = try read.signed(algorithm, [1])
        #expect(!signature.isEmpty)
    }

    @Test func saysWhatIsWrongWithPEM() throws {
        for text in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: KeyFault.notPEM) { try PrivateKey(pem: Secret(text)) }
        }
        let sealed = try TestKey(.ellipticCurve(.p256)).encryptedPEM
        #expect(throws: KeyFault.passphraseNeeded) { try PrivateKey(pem: Secret(sealed)) }
        let small = try TestKey(rsaBits: 1024).pem
        #expect(throws: KeyFault.wrongSize) { try PrivateKey(pem: Secret(small)) }
        let other = try TestKey(curve: "secp256k1").pem
        #expect(throws: KeyFault.unsupportedType) { try PrivateKey(pem: Secret(other)) }
    }
}
