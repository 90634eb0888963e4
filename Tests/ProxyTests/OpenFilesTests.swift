import Testing

@testable import Proxy

@Suite struct OpenFilesTests {
    @Test(arguments: [16, 64, 1024, 4096, 1 << 20])
    func clientsAreTurnedAwayBeforeServersAndServersBeforeTheOperator(limit: Int) {
        let files = OpenFiles(limit: limit)
        #expect(files.clientCeiling > 0)
        #expect(files.clientCeiling < files.serverCeiling)
        #expect(files.serverCeiling < files.ceiling)
        #expect(files.ceiling < limit)
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
