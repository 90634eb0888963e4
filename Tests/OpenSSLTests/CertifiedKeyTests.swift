import Bytes
import COpenSSL
import Testing

@testable import OpenSSL

@Suite struct CertifiedKeyTests {
    let authority: TestAuthority
    let leaf: TestLeaf

    init() throws {
        authority = try TestAuthority()
        leaf = try authority.leaf(.rsa)
    }

    /// Whether the key signs for the certificate, by the library's own word.
    private func fits(_ read: CertifiedKey) -> Bool {
        let isSame = read.certificate.withPointer { X509_cmp($0, leaf.certificate) == 0 }
        return isSame == true && EVP_PKEY_eq(read.key.key, leaf.key.pointer) == 1
    }

    @Test func isReadFromTwoFiles() throws {
        let read = try CertifiedKey(certificate: Secret(leaf.pem), key: Secret(leaf.key.pem))
        #expect(fits(read) && read.chain.isEmpty)
    }

    @Test(arguments: ["certificate first", "key first", "chain first", "with words between"])
    func isReadFromOneFile(order: String) throws {
        let parts =
            switch order {
            case "certificate first": [leaf.pem, leaf.issuerPEM, leaf.key.pem]
            case "key first": [leaf.key.pem, leaf.pem, leaf.issuerPEM]
            case "chain first": [leaf.issuerPEM, leaf.pem, leaf.key.pem]
            default:
                ["Bag Attributes\n  friendlyName: x\n", leaf.key.pem, "subject=CN = leaf\n", leaf.pem, leaf.issuerPEM]
            }
        let read = try CertifiedKey(certificate: Secret(parts.joined()))
        #expect(fits(read))
        #expect(try read.chain == Certificate.all(inPEM: Array(leaf.issuerPEM.utf8).span))
    }

    @Test func isReadEncrypted() throws {
        let (certificate, key) = (Secret(leaf.pem), Secret(leaf.key.encryptedPEM))
        #expect(try fits(CertifiedKey(certificate: certificate, key: key, password: Secret("secret"))))
        let one = Secret(leaf.pem + leaf.key.encryptedPEM)
        #expect(try fits(CertifiedKey(certificate: one, password: Secret("secret"))))
        #expect(throws: CertifiedKeyFault.passwordNeeded) { try CertifiedKey(certificate: one) }
        #expect(throws: CertifiedKeyFault.passwordNeeded) { try CertifiedKey(certificate: certificate, key: key) }
        for wrong in ["secre", "", String(repeating: "x", count: 5000)] {
            #expect(throws: CertifiedKeyFault.wrongPassword) {
                try CertifiedKey(certificate: certificate, key: key, password: Secret(wrong))
            }
        }
    }

    @Test func needsNoPasswordForPlainOnes() throws {
        let read = try CertifiedKey(
            certificate: Secret(leaf.pem), key: Secret(leaf.key.pem), password: Secret("not needed"))
        #expect(fits(read))
    }

    @Test(arguments: [nil, "", "secret", "p\u{e4}ss w\u{f6}rd"]) func isReadFromPKCS12(password: String?) throws {
        let read = try CertifiedKey(certificate: leaf.store(password), password: password.map { Secret($0) })
        #expect(fits(read) && read.chain.count == 1)
    }

    @Test func tellsPasswordsOfPKCS12Apart() {
        let store = leaf.store("secret")
        #expect(throws: CertifiedKeyFault.passwordNeeded) { try CertifiedKey(certificate: store) }
        #expect(throws: CertifiedKeyFault.wrongPassword) {
            try CertifiedKey(certificate: store, password: Secret("guess"))
        }
    }

    @Test func readsTheCertificateOfPKCS12ForAKeyBesideIt() throws {
        let read = try CertifiedKey(certificate: leaf.store(nil), key: Secret(leaf.key.pem))
        #expect(fits(read))
    }

    @Test func refusesAnothersKey() throws {
        let other = try authority.leaf(.rsa)
        #expect(throws: CertifiedKeyFault.keyMismatch) {
            try CertifiedKey(certificate: Secret(leaf.pem), key: Secret(other.key.pem))
        }
    }

    @Test func refusesWhatIsMissing() throws {
        #expect(throws: CertifiedKeyFault.noKey) { try CertifiedKey(certificate: Secret(leaf.pem)) }
        #expect(throws: CertifiedKeyFault.noKey) {
            try CertifiedKey(certificate: Secret(leaf.pem), key: Secret(leaf.pem))
        }
        for text in ["", "words", leaf.key.pem, "\u{30}\u{82}"] {
            #expect(throws: CertifiedKeyFault.noCertificate) {
                try CertifiedKey(certificate: Secret(text), key: Secret(leaf.key.pem))
            }
        }
    }

    @Test func refusesWeakKeys() throws {
        let weak = try TestKey(rsaBits: 1024)
        #expect(throws: CertifiedKeyFault.unusableKey) {
            try CertifiedKey(certificate: Secret(leaf.pem), key: Secret(weak.pem))
        }
    }

    @Test func survivesEveryPrefixOfAFile() {
        let whole = leaf.store("secret")
        for count in stride(from: 0, to: whole.count, by: 7) {
            let cut = whole.withSpan { Secret(copying: $0.extracting(first: count)) }
            #expect(throws: CertifiedKeyFault.self) { try CertifiedKey(certificate: cut, password: Secret("secret")) }
        }
    }

    @Test func isShownInAHandshakeWithItsChain() throws {
        let server = try authority.issue("DNS:tickets.test")
        let read = try CertifiedKey(certificate: leaf.store("secret"), password: Secret("secret"))
        let pair = try TLSPair(
            TLSClientContext(extraTrust: authority.trustFile(), identity: read),
            TLSServerContext(certificate: server.chain, key: server.key, clientCA: authority.trustFile()))
        #expect(pair.shake() == (.done(0), .done(0)))
        #expect(read.chain.count == 1)
    }
}
