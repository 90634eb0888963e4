import Foundation
import Testing

@testable import Configuration

@Suite struct `The configuration's path` {
    @Test(
        arguments: [
            ("f", "v", ["proxy.yaml"], "f"), (nil, "v", ["proxy.yaml"], "v"), (nil, "", ["proxy.yaml"], "proxy.yaml"),
            (nil, nil, ["proxy.yaml", "/etc/obo-proxy/proxy.yaml"], "proxy.yaml"),
            (nil, nil, ["/etc/obo-proxy/proxy.yaml"], "/etc/obo-proxy/proxy.yaml"), (nil, nil, [], nil),
            ("f", nil, [], "f"),
        ] as [(String?, String?, [String], String?)])
    func `is the first that is named, then the first that is there`(
        flag: String?, variable: String?, files: [String], path: String?
    ) {
        let environment = variable.map { ["OBO_CONFIG": $0] } ?? [:]
        #expect(ProxyConfiguration.path(flag: flag, environment: environment, exists: files.contains) == path)
    }
}

@Suite struct `A system file` {
    @Test func `is read whole`() throws {
        let bytes = try SystemFile.read(#filePath)
        #expect(String(decoding: bytes, as: UTF8.self).contains("is read whole"))
        #expect(SystemFile.exists(#filePath))
    }

    @Test(arguments: [("/nonexistent/x", FileFault.missing), ("/tmp", .directory), ("/dev/zero", .tooLarge)])
    func `that cannot be read has its reason`(path: String, fault: FileFault) {
        #expect(throws: fault) { try SystemFile.read(path) }
    }

    @Test func `is read again only where that cannot wait`() throws {
        let path = NSTemporaryDirectory() + "obo-pipe-\(UUID().uuidString)"
        #expect(mkfifo(path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: FileFault.special) { try SystemFile.readAgain(path) }
        #expect(throws: FileFault.special) { try SystemFile.readAgain("/dev/null") }
        #expect(throws: FileFault.directory) { try SystemFile.readAgain("/tmp") }
        #expect(throws: FileFault.missing) { try SystemFile.readAgain("/nonexistent/x") }
        #expect(try SystemFile.readAgain(#filePath) == SystemFile.read(#filePath))
    }

    @Test(.timeLimit(.minutes(1))) func `that is a pipe without a writer is empty, and is not waited for`() throws {
        let path = NSTemporaryDirectory() + "obo-pipe-\(UUID().uuidString)"
        #expect(mkfifo(path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try SystemFile.read(path).isEmpty)
    }
}

@Suite struct `What check shows` {
    @Test func `is every key once, in the schema's order`() throws {
        let keys = try load(leastFile).effective.map(\.key)
        let files = [
            "session_key_file", "previous_session_key_file", "sidecar_key_file", "exchange.client_secret_file",
            "exchange.key_password_file",
        ]
        let listed = ListedKey.all.map { $0.key.replacing("<name>", with: "tickets") }.filter { !files.contains($0) }
        #expect(keys == listed)
    }

    @Test(arguments: [
        ("listen", "127.0.0.1:8089 # default"), ("identity.issuer", "https://id.example.com # proxy.yaml:2:11"),
        ("identity.audience", "client, api://client # default"),
        ("exchange.client_secret", "[redacted] # proxy.yaml:5:18"),
        ("log.level", "debug # OBO_LOG_LEVEL"), ("tls.key", "(off) # default"),
        ("servers.tickets.obo.scopes", "api://tickets/access_as_user # proxy.yaml:9:19"),
    ])
    func `is a value and its origin`(key: String, line: String) throws {
        #expect(try load(leastFile, ["OBO_LOG_LEVEL": "debug"]).shown(key) == line)
    }
}
