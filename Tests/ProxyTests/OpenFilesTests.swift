import Testing

@testable import Proxy

@Suite struct OpenFilesTests {
    @Test(arguments: [16, 64, 1024, 4096, 1 << 20])
    func clientsAreTurnedAwayBeforeServersAndServersBeforeTheOperator(limit: Int) throws {
        let files = OpenFiles(limit: limit)
        let descriptors = Int32(0)..<Int32(limit)
        let client = try #require(descriptors.first { files.isKeptFromClients($0) })
        let server = try #require(descriptors.first { Int($0) >= files.serverCeiling })
        #expect(client > 0)
        #expect(client < server)
        #expect(Int(server) < files.ceiling)
        #expect(files.ceiling < limit)
        #expect(files.isKeptFromClients(server))
    }

    @Test func eachClientMayNeedOneForItsServer() {
        let files = OpenFiles(limit: 1024)
        #expect(files.needed(for: 400) <= 1024)
        #expect(files.needed(for: 512) > 1024)
    }

    @Test func whatTheSystemGrantsIsTaken() {
        let files = OpenFiles.raised()
        #expect(files.limit > 0)
        #expect(OpenFiles.raised().limit == files.limit)
    }
}
