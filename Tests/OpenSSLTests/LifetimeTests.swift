import Bytes
import Foundation
import Testing

@testable import OpenSSL

@Suite struct LifetimeTests {
    /// Runs `body` often, in rounds, until a round takes (nearly) no more memory. What leaks does so in every round;
    /// what other tests of this process allocate meanwhile does not.
    func expectNoGrowth(_ turns: Int, _ body: () throws -> Void) throws {
        var least = Int.max
        for _ in 0..<20 {
            let before = try resident()
            for _ in 0..<turns { try body() }
            least = try min(least, resident() - before)
            if least <= 8 * turns { return }
        }
        Issue.record("at least \(least) bytes more after \(turns) turns")
    }

    /// The process's resident memory in bytes.
    func resident() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * 4096
    }

    @Test func nothingLeaks() throws {
        let vector = try #require(PublishedSignature.all.first { $0.algorithm == .es256 })
        let signer = try PrivateKey(generating: .ellipticCurve(.p256))
        try expectNoGrowth(1000) {
            let key = try vector.publicKey()
            _ = key.verifies(.es256, vector.message, vector.signature)
            _ = key.verifies(.es256, vector.message, Array(vector.signature.dropLast()))
            _ = try SHA256Hasher().digest(vector.message.span)
            _ = try HMACSHA256(key: Secret("key")).authenticate(vector.message.span)
            _ = try signer.signed(.es256, vector.message)
            _ = try? PublicKey(curve: .p256, x: vector.message.span, y: vector.message.span)
            _ = try? PrivateKey(pem: Secret("none"))
        }
    }

    @Test func connectionsLeaveNothing() throws {
        let authority = try TestAuthority()
        let client = try TLSClientContext(extraTrust: authority.trustFile())
        let files = try authority.issue("DNS:tickets.test")
        let server = try TLSServerContext(certificate: files.chain, key: files.key)
        try expectNoGrowth(200) {
            let pair = try TLSPair(client, server)
            _ = pair.shake()
            _ = pair.read(client: true)
        }
    }

    @Test func sessionsEndWithTheirLastOwner() throws {
        let authority = try TestAuthority()
        let files = try authority.issue("DNS:tickets.test")
        weak var context: TLSClientContext?
        weak var session: TLSSession?
        weak var ticket: TLSTicket?
        do {
            let client = try TLSClientContext(extraTrust: authority.trustFile())
            context = client
            let pair = try TLSPair(client, TLSServerContext(certificate: files.chain, key: files.key))
            #expect(pair.shake() == (.done(0), .done(0)))
            #expect(pair.read(client: true).0 == .wantsRead)
            session = pair.client
            ticket = client.tickets["tickets.test:443"]
            #expect(session != nil && ticket != nil)
            pair.client = nil
            #expect(session == nil)
            #expect(ticket != nil)
        }
        #expect(context == nil)
        #expect(ticket == nil)
    }

    @Test func aSessionOutlivesItsContext() throws {
        let authority = try TestAuthority()
        let files = try authority.issue("DNS:tickets.test")
        let pair = try TLSPair(
            TLSClientContext(extraTrust: authority.trustFile()),
            TLSServerContext(certificate: files.chain, key: files.key))
        #expect(pair.shake() == (.done(0), .done(0)))
        #expect(pair.write(client: true, [1]) == .done(1))
        #expect(pair.read(client: false) == (.done(1), [1]))
    }
}
