import Configuration
import Libevent
import OpenSSL
import Testing

@testable import Proxy

@Suite struct ServerFindingsTests {
    private func reach(_ url: String, _ connection: ServerFindings.Connection) throws -> Finding {
        let configuration = try configured(["OBO_SERVER_TICKETS_URL": url])
        return ServerFindings.reach(try #require(configuration.servers.first), connection)
    }

    @Test func showsNoPathAndNoQuery() throws {
        let finding = try reach("http://127.0.0.1:9/secret?key=secret", .plain)
        #expect(finding.description == "ok   server     tickets: http://127.0.0.1:9: connected, without TLS")
    }

    @Test(
        arguments: [
            (nil, .good, "trusted"), (14 * 86_400, .good, "ends in 14 d"), (14 * 86_400 - 1, .warning, "ends in 13 d"),
            (-5, .warning, "ends in 0 s"),
        ] as [(Int?, Finding.Verdict, String)])
    func looksAtTheCertificatesEnd(_ left: Int?, _ verdict: Finding.Verdict, _ words: String) throws {
        let finding = try reach("https://tickets.example/mcp", .secured(left: left))
        #expect(finding.verdict == verdict)
        #expect(finding.detail.contains(words))
    }

    @Test(
        arguments: [
            (.connect(.unresolved(.notFound("no such name"))), "name resolution"),
            (.connect(.refused(SystemError(111))), "firewall"), (.connect(.timedOut), "firewall"),
            (.handshake(.refused(.unknownIssuer)), "servers.tickets.ca_file"), (.handshake(.cut), "scheme"),
        ] as [(DialFault, String)])
    func advises(_ fault: DialFault, _ words: String) throws {
        let finding = try reach("https://tickets.example/mcp", .failed(fault))
        #expect(finding.verdict == .fault)
        #expect(finding.detail.hasSuffix(fault.text))
        #expect("\(finding)".contains(words))
    }
}
