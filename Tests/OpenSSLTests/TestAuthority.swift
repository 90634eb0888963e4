import Bytes
import COpenSSL
import Foundation
import OpenSSL

enum TestFailure: Error { case openSSL }

/// A key made by the library's own means, so that reading is tested against another writer.
final class TestKey {
    let pointer: OpaquePointer

    convenience init(_ type: KeyType) throws {
        switch type {
        case .rsa: try self.init(rsaBits: 2048)
        case .ellipticCurve(let curve): try self.init(curve: curve.rawValue)
        case .ed25519: try self.init("ED25519") { _ in 1 }
        }
    }

    convenience init(rsaBits: Int32) throws {
        try self.init("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, rsaBits) }
    }

    convenience init(curve: String) throws {
        try self.init("EC") { EVP_PKEY_CTX_set_group_name($0, curve) }
    }

    private init(_ name: String, _ set: (OpaquePointer) -> Int32) throws {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else { throw TestFailure.openSSL }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, set(context) == 1, EVP_PKEY_generate(context, &key) == 1, let key
        else {
            throw TestFailure.openSSL
        }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    var pem: String { text { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) } }

    var encryptedPEM: String {
        var word = Array("secret\0".utf8)
        return text { PEM_write_bio_PKCS8PrivateKey($0, pointer, EVP_aes_128_cbc(), nil, 0, nil, &word) }
    }
}

extension TLSServerContext {
    /// Of the files that an authority has written.
    convenience init(certificate: String, key: String, clientCA: String? = nil) throws {
        try self.init(
            CertifiedKey(certificate: secret(in: certificate), key: secret(in: key)),
            clients: clientCA.flatMap { TrustAnchors(pem: try secret(in: $0)) })
    }
}

extension TLSClientContext {
    convenience init(extraTrust: String, identity: CertifiedKey? = nil) throws {
        try self.init(extraTrust: TrustAnchors(pem: secret(in: extraTrust)), identity: identity)
    }
}

private func secret(in path: String) throws -> Secret { try Secret(String(contentsOfFile: path, encoding: .utf8)) }

/// What a library function writes.
func text(_ write: (OpaquePointer) -> Int32) -> String {
    guard let memory = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(memory) }
    guard write(memory) == 1 else { return "" }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
}

/// A certificate authority that lives as long as a test, with its files in a directory that goes with it.
final class TestAuthority {
    let directory: String
    private let key: TestKey
    private var certificate: OpaquePointer
    private var serial = 1

    init(name: String = "test authority") throws {
        directory = NSTemporaryDirectory() + "obo-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        key = try TestKey(.ellipticCurve(.p256))
        certificate = try Self.make(
            name: name, key: key, issuer: nil, signer: key, serial: 1, days: (-1, 30),
            extensions: [(NID_basic_constraints, "critical,CA:TRUE")])
    }

    deinit {
        X509_free(certificate)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The file with the authority's own certificate.
    func trustFile() throws -> String { try write("ca.pem", text { PEM_write_bio_X509($0, certificate) }) }

    /// A certificate and its key as files.
    /// - Parameter days: from and until when, from now.
    func issue(
        _ alternativeName: String, days: (Int, Int) = (-1, 10), selfSigned: Bool = false
    ) throws -> (chain: String, key: String) {
        serial += 1
        let leafKey = try TestKey(.ellipticCurve(.p256))
        let leaf = try Self.make(
            name: "leaf", key: leafKey, issuer: selfSigned ? nil : certificate, signer: selfSigned ? leafKey : key,
            serial: serial,
            days: days, extensions: [(NID_subject_alt_name, alternativeName)])
        defer { X509_free(leaf) }
        return (
            try write("leaf\(serial).pem", text { PEM_write_bio_X509($0, leaf) }),
            try write("leaf\(serial).key", leafKey.pem)
        )
    }

    /// A certificate with its key, as a client has them in memory.
    func identity(_ alternativeName: String, days: (Int, Int) = (-1, 10)) throws -> CertifiedKey {
        let files = try issue(alternativeName, days: days)
        return try CertifiedKey(certificate: contents(files.chain), key: contents(files.key))
    }

    /// A client's key and certificate in the library's own form.
    func leaf(_ type: KeyType = .ellipticCurve(.p256)) throws -> TestLeaf {
        serial += 1
        let leafKey = try TestKey(type)
        let leaf = try Self.make(
            name: "leaf", key: leafKey, issuer: certificate, signer: key, serial: serial, days: (-1, 10),
            extensions: [(NID_subject_alt_name, "DNS:client.test")])
        return TestLeaf(key: leafKey, certificate: leaf, issuer: certificate)
    }

    private func contents(_ path: String) throws -> Secret {
        try Secret(String(contentsOfFile: path, encoding: .utf8))
    }

    func write(_ name: String, _ content: String) throws -> String {
        let path = directory + "/" + name
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func make(
        name: String, key: TestKey, issuer: OpaquePointer?, signer: TestKey, serial: Int, days: (Int, Int),
        extensions: [(Int32, String)]
    ) throws -> OpaquePointer {
        guard let certificate = X509_new() else { throw TestFailure.openSSL }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
        X509_time_adj_ex(X509_getm_notBefore(certificate), Int32(days.0), 0, nil)
        X509_time_adj_ex(X509_getm_notAfter(certificate), Int32(days.1), 0, nil)
        X509_set_pubkey(certificate, key.pointer)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0) } ?? subject)
        for (kind, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, nil, kind, value) else { throw TestFailure.openSSL }
            X509_add_ext(certificate, made, -1)
            X509_EXTENSION_free(made)
        }
        guard X509_sign(certificate, signer.pointer, EVP_sha256()) > 0 else { throw TestFailure.openSSL }
        return certificate
    }
}

/// A client's key and certificate, to be written in every form that there is.
final class TestLeaf {
    let key: TestKey
    let certificate: OpaquePointer
    /// Of the authority, which outlives this.
    private let issuer: OpaquePointer

    init(key: TestKey, certificate: OpaquePointer, issuer: OpaquePointer) {
        (self.key, self.certificate, self.issuer) = (key, certificate, issuer)
    }

    deinit { X509_free(certificate) }

    var pem: String { text { PEM_write_bio_X509($0, certificate) } }
    var issuerPEM: String { text { PEM_write_bio_X509($0, issuer) } }

    /// PKCS #12 with the chain.
    func store(_ password: String?, keyEncryption: Int32 = 0) -> Secret {
        let chain = OPENSSL_sk_new_null()
        defer { OPENSSL_sk_free(chain) }
        OPENSSL_sk_push(chain, UnsafeRawPointer(issuer))
        let store = PKCS12_create(password, "leaf", key.pointer, certificate, chain, keyEncryption, 0, 0, 0, 0)
        defer { PKCS12_free(store) }
        guard let memory = BIO_new(BIO_s_mem()) else { return Secret("") }
        defer { BIO_free(memory) }
        guard let store, i2d_PKCS12_bio(memory, store) == 1 else { return Secret("") }
        var bytes = [UInt8](repeating: 0, count: 16384)
        let count = Int(max(BIO_read(memory, &bytes, Int32(bytes.count)), 0))
        bytes.removeLast(bytes.count - count)
        return Secret(copying: bytes.span)
    }
}
