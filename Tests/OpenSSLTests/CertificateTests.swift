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
        var sha1 = [UInt8](repeating: 0, count: 20)
        #expect(EVP_Digest(Array(der), der.count, &sha1, nil, EVP_sha1(), nil) == 1)
        #expect(certificate.oldThumbprint == sha1)
        let formatter = DateFormatter()
        (formatter.dateFormat, formatter.timeZone) = ("yyyy-MM-dd", .gmt)
        #expect(
            certificate.lastDay == formatter.string(from: Date(timeIntervalSince1970: Double(certificate.notAfter))))
    }

    @Test(arguments: [
        ("", KeyFault.notPEM), ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .invalid),
    ])
    func refusesWhatIsNone(_ text: String, _ fault: KeyFault) {
        #expect(throws: fault) { try Certificate(pem: Array(text.utf8).span) }
    }

    @Test func namesTheLibrary() {
        #expect(OpenSSLVersion.text.hasPrefix("OpenSSL "))
    }
}
