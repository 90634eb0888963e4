import Bytes
import Foundation
import Glibc
import Testing

@testable import OpenSSL

@Suite struct TLSHandshakeTests {
    let authority: TestAuthority
    let client: TLSClientContext

    init() throws {
        authority = try TestAuthority()
        client = try TLSClientContext(extraTrust: authority.trustFile())
    }

    func server(_ name: String, days: (Int, Int) = (-1, 10), selfSigned: Bool = false) throws -> TLSServerContext {
        let files = try authority.issue(name, days: days, selfSigned: selfSigned)
        return try TLSServerContext(certificate: files.chain, key: files.key)
    }

    @Test(arguments: [
        ("DNS:tickets.test", "tickets.test"), ("DNS:tickets.test", "tickets.test."),
        ("DNS:*.acme.test", "tickets.acme.test"),
        ("DNS:tickets.test", "TICKETS.test"), ("IP:127.0.0.1", "127.0.0.1"), ("IP:::1", "::1"),
    ])
    func succeeds(_ certificate: String, _ host: String) throws {
        let pair = try TLSPair(client, server(certificate), host: host)
        #expect(pair.shake() == (.done(0), .done(0)))
        #expect(pair.client?.version == "TLSv1.3")
        #expect(pair.write(client: true, [1, 2, 3]) == .done(3))
        #expect(pair.read(client: false) == (.done(3), [1, 2, 3]))
        #expect(pair.read(client: false).0 == .wantsRead)
    }

    @Test func knowsThePeersEnd() throws {
        let pair = try TLSPair(client, server("DNS:tickets.test", days: (-1, 10)))
        #expect(pair.client?.peerValidUntil == nil)
        #expect(pair.shake().client == .done(0))
        let left = try #require(pair.client?.peerValidUntil) - time(nil)
        #expect((9 * 86_400...10 * 86_400).contains(left))
        #expect(pair.server?.peerValidUntil == nil)
    }

    @Test(arguments: [
        ("DNS:tickets.test", "other.test"), ("DNS:tickets.test", "127.0.0.1"), ("IP:127.0.0.1", "127.0.0.2"),
        ("DNS:*.acme.test", "a.tickets.acme.test"), ("DNS:127.0.0.1", "127.0.0.1"),
        ("DNS:t*.acme.test", "tickets.acme.test"),
    ])
    func refusesAnotherHost(_ certificate: String, _ host: String) throws {
        let pair = try TLSPair(client, server(certificate), host: host)
        #expect(pair.shake() == (.failed(.hostMismatch), .failed(.alert(42))))
    }

    @Test func refusesAnExpiredCertificate() throws {
        let pair = try TLSPair(client, server("DNS:tickets.test", days: (-10, -1)))
        #expect(pair.shake() == (.failed(.certificateExpired), .failed(.alert(45))))
        let early = try TLSPair(client, server("DNS:tickets.test", days: (1, 10)))
        #expect(early.shake().client == .failed(.certificateNotYetValid))
    }

    @Test func refusesStrangers() throws {
        let selfSigned = try TLSPair(client, server("DNS:tickets.test", selfSigned: true))
        #expect(selfSigned.shake().client == .failed(.selfSigned))
        let untrusting = try TLSPair(TLSClientContext(), server("DNS:tickets.test"))
        #expect(untrusting.shake() == (.failed(.unknownIssuer), .failed(.alert(48))))
    }

    @Test(arguments: [
        "", ".", "tickets.test\r\nx", "tick\0ets.test", "tickets test", String(repeating: "a", count: 300),
    ])
    func refusesOddNames(_ host: String) throws {
        let context = try server("DNS:tickets.test")
        #expect(throws: TLSFault.invalidHost) { try TLSPair(client, context, host: host) }
    }

    @Test func aBrokenSessionStaysBroken() throws {
        let pair = try TLSPair(client, server("DNS:other.test"))
        #expect(pair.shake().client == .failed(.hostMismatch))
        #expect(pair.client?.handshake() == .truncated)
        #expect(pair.write(client: true, [1]) == .truncated)
        #expect(pair.read(client: true).0 == .truncated)
        #expect(pair.client?.shutdown() == .done(0))
    }

    @Test func noticesAPeerWithoutTLS() throws {
        let pair = try TLSPair(client, server("DNS:tickets.test"))
        let answer = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        #expect(pair.client?.handshake() == .wantsRead)
        #expect(write(pair.sockets[1], answer, answer.count) == answer.count)
        #expect(pair.client?.handshake() == .failed(.notTLS))
        let plain = try TLSPair(client, server("DNS:tickets.test"))
        let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        #expect(write(plain.sockets[0], request, request.count) == request.count)
        #expect(plain.server?.handshake() == .failed(.notTLS))
    }

    @Test func refusesOldVersions() throws {
        let old = try TLSClientContext(extraTrust: authority.trustFile())
        old.context.allowOnly(0x0302)
        let pair = try TLSPair(old, server("DNS:tickets.test"))
        let result = pair.shake()
        #expect(result.client != .done(0))
        #expect(result.server != .done(0))
    }

    @Test func speaksTLS12() throws {
        let old = try TLSClientContext(extraTrust: authority.trustFile())
        old.context.allowOnly(0x0303)
        let pair = try TLSPair(old, server("DNS:tickets.test"))
        #expect(pair.shake() == (.done(0), .done(0)))
        #expect(pair.client?.version == "TLSv1.2")
    }

    @Test func refusesClientsOfAnotherProtocol() throws {
        let other = try TLSClientContext(extraTrust: authority.trustFile())
        other.context.offerOnlyHTTP2()
        let pair = try TLSPair(other, server("DNS:tickets.test"))
        #expect(pair.shake().client == .failed(.alert(120)))
    }

    @Test func describesEveryFault() {
        let faults: [TLSFault] = [
            .certificateExpired, .certificateNotYetValid, .unknownIssuer, .selfSigned, .hostMismatch,
            .certificateRefused(24),
            .noClientCertificate, .alert(116), .notTLS, .invalidHost, .socket(111), .other(0),
        ]
        #expect(Set(faults.map(\.description)).count == faults.count)
        #expect(TLSFault.alert(116).description.contains("116"))
    }
}

@Suite struct TLSMutualTests {
    let authority: TestAuthority
    let server: TLSServerContext

    init() throws {
        authority = try TestAuthority()
        let files = try authority.issue("DNS:tickets.test")
        server = try TLSServerContext(certificate: files.chain, key: files.key, clientCA: authority.trustFile())
    }

    /// With TLS 1.3 the client learns of its refusal after its own handshake, at the first read.
    func outcome(_ client: TLSClientContext) throws -> (server: TLSProgress, read: TLSProgress) {
        let pair = try TLSPair(client, server)
        let shaken = pair.shake()
        #expect(shaken.client == .done(0))
        return (shaken.server, pair.read(client: true).0)
    }

    @Test func takesItsOwnClients() throws {
        let client = try TLSClientContext(
            extraTrust: authority.trustFile(), identity: authority.identity("DNS:client.test"))
        #expect(try outcome(client) == (.done(0), .wantsRead))
    }

    @Test func refusesClientsWithout() throws {
        let client = try TLSClientContext(extraTrust: authority.trustFile())
        #expect(try outcome(client) == (.failed(.noClientCertificate), .failed(.alert(116))))
    }

    @Test func refusesStrangersAndExpiredOnes() throws {
        let stranger = try TestAuthority(name: "another authority")
        let foreign = try TLSClientContext(
            extraTrust: authority.trustFile(), identity: stranger.identity("DNS:client.test"))
        #expect(try outcome(foreign).server == .failed(.unknownIssuer))
        let expired = try authority.identity("DNS:client.test", days: (-5, -1))
        let late = try TLSClientContext(extraTrust: authority.trustFile(), identity: expired)
        #expect(try outcome(late).server == .failed(.certificateExpired))
    }
}

@Suite struct TLSEndTests {
    let authority: TestAuthority
    let client: TLSClientContext
    let server: TLSServerContext

    init() throws {
        authority = try TestAuthority()
        client = try TLSClientContext(extraTrust: authority.trustFile())
        let files = try authority.issue("DNS:tickets.test")
        server = try TLSServerContext(certificate: files.chain, key: files.key)
    }

    func connected() throws -> TLSPair {
        let pair = try TLSPair(client, server)
        #expect(pair.shake() == (.done(0), .done(0)))
        return pair
    }

    @Test func aProperEndIsClosed() throws {
        let pair = try connected()
        #expect(pair.write(client: false, [7]) == .done(1))
        #expect(pair.server?.shutdown() == .done(0))
        pair.cut(client: false)
        #expect(pair.read(client: true) == (.done(1), [7]))
        #expect(pair.read(client: true).0 == .closed)
    }

    @Test func aCutConnectionIsTruncated() throws {
        let pair = try connected()
        #expect(pair.write(client: false, [7]) == .done(1))
        pair.cut(client: false)
        #expect(pair.read(client: true) == (.done(1), [7]))
        #expect(pair.read(client: true).0 == .truncated)
    }

    @Test func aCutConnectionInTheHandshakeIsTruncated() throws {
        let pair = try TLSPair(client, server)
        #expect(pair.client?.handshake() == .wantsRead)
        pair.cut(client: false)
        #expect(pair.client?.handshake() == .truncated)
    }

    @Test func writingToAGonePeerIsTruncated() throws {
        let pair = try connected()
        pair.cut(client: false)
        #expect(pair.write(client: true, [1]) == .truncated)
    }

    @Test func anAlteredRecordFails() throws {
        let pair = try connected()
        #expect(pair.read(client: true).0 == .wantsRead)
        let forged: [UInt8] = [23, 3, 3, 0, 32] + [UInt8](repeating: 9, count: 32)
        #expect(write(pair.sockets[1], forged, forged.count) == forged.count)
        guard case .failed = pair.read(client: true).0 else {
            Issue.record("a forged record was taken")
            return
        }
    }

    @Test func backPressureIsVisibleAndLosesNothing() throws {
        let pair = try connected()
        var sent: [UInt8] = []
        let content = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        while sent.count < content.count {
            let rest = Array(content[sent.count...])
            guard case .done(let count) = pair.write(client: true, rest) else { break }
            sent += rest.prefix(count)
        }
        // A socket pair holds far less than that.
        #expect(sent.count < content.count)
        #expect(pair.write(client: true, Array(content[sent.count...])) == .wantsWrite)
        var received: [UInt8] = []
        while received.count < content.count {
            switch pair.read(client: false) {
            case (.done, let bytes): received += bytes
            case (.wantsRead, _):
                guard case .done(let count) = pair.write(client: true, Array(content[sent.count...])) else {
                    Issue.record("neither side can move")
                    return
                }
                sent += content[sent.count..<(sent.count + count)]
            case (let other, _):
                Issue.record("unexpected \(other)")
                return
            }
        }
        #expect(received == content)
    }

    @Test func whatWasReadAheadIsAnnounced() throws {
        let pair = try connected()
        #expect(pair.write(client: false, [1, 2, 3, 4]) == .done(4))
        #expect(pair.write(client: false, [5]) == .done(1))
        #expect(pair.read(client: true, atMost: 2) == (.done(2), [1, 2]))
        #expect(pair.client?.hasBuffered == true)
        #expect(pair.read(client: true) == (.done(2), [3, 4]))
        #expect(pair.read(client: true) == (.done(1), [5]))
        #expect(pair.read(client: true).0 == .wantsRead)
    }
}

@Suite struct TLSResumptionTests {
    @Test(arguments: [0x0303, 0x0304] as [Int32])
    func theSecondConnectionIsShort(_ version: Int32) throws {
        let authority = try TestAuthority()
        let client = try TLSClientContext(extraTrust: authority.trustFile())
        client.context.allowOnly(version)
        let files = try authority.issue("DNS:tickets.test,DNS:other.test")
        let server = try TLSServerContext(certificate: files.chain, key: files.key)
        func connect(_ host: String, _ port: UInt16) throws -> Bool? {
            let pair = try TLSPair(client, server, host: host, port: port)
            #expect(pair.shake() == (.done(0), .done(0)))
            // With TLS 1.3 tickets come after the handshake.
            #expect(pair.read(client: true).0 == .wantsRead)
            return pair.client?.isResumed
        }
        #expect(try connect("tickets.test", 443) == false)
        #expect(try connect("tickets.test", 443) == true)
        #expect(try connect("tickets.test", 443) == true)
        #expect(try connect("tickets.test", 444) == false)
        #expect(try connect("other.test", 443) == false)
    }
}

@Suite struct TrustAnchorTests {
    private static let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    @Test func areAllOrNothing() throws {
        let authority = try TestAuthority()
        let pem = try String(contentsOfFile: authority.trustFile(), encoding: .utf8)
        #expect(TrustAnchors(pem: Secret(pem))?.certificates.count == 1)
        #expect(TrustAnchors(pem: Secret("a remark\n" + pem + "another\n" + pem))?.certificates.count == 2)
        let key = try TestKey(.ellipticCurve(.p256)).pem
        #expect(TrustAnchors(pem: Secret(key + pem))?.certificates.count == 1)
        for text in ["", "rubbish", key, Self.broken, pem + Self.broken, Self.broken + pem] {
            #expect(TrustAnchors(pem: Secret(text)) == nil)
        }
    }

    /// The chain may stand in any order: the key says which certificate is shown.
    @Test func theLeafNeedNotComeFirst() throws {
        let authority = try TestAuthority()
        let files = try authority.issue("DNS:tickets.test")
        let chain = try [authority.trustFile(), files.chain].map { try String(contentsOfFile: $0, encoding: .utf8) }
        let server = try TLSServerContext(certificate: authority.write("chain.pem", chain.joined()), key: files.key)
        let pair = try TLSPair(TLSClientContext(extraTrust: authority.trustFile()), server)
        #expect(pair.shake() == (.done(0), .done(0)))
    }
}
