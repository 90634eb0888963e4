import Bytes
import COpenSSL
import Foundation
import Testing

@testable import OpenSSL

@Suite struct CertificateTests {
    @Test func readsDatesAndThumbprint() throws {
        let authority = try TestAuthority()
        let pem = try String(contentsOfFile: authority.issue("DNS:a.test", days: (-3, 4)).chain, encoding: .utf8)
        let certificate = try Certificate(pem: Array(pem.utf8).span)
        let now = Int(Date().timeIntervalSince1970)
        #expect(abs(certificate.notBefore - (now - 3 * 86_400)) < 120)
        #expect(certificate.notAfter - certificate.notBefore == 7 * 86_400)
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let der = try #require(Data(base64Encoded: body))
        #expect(certificate.thumbprint == SHA256.digest(Array(der).span))
    }

    @Test(arguments: ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func refusesWhatIsNone(_ text: String) {
        #expect(throws: KeyFault.notPEM) { try Certificate(pem: Array(text.utf8).span) }
    }

    @Test func namesTheLibrary() {
        #expect(OpenSSLVersion.text.hasPrefix("OpenSSL "))
    }
}
