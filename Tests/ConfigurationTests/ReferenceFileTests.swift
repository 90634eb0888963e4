import Testing

@testable import Configuration

/// `proxy.yaml` as shipped, and with every commented key uncommented.
private struct ReferenceFile {
    let text: String

    init() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        text = try String(decoding: SystemFile.read(root.joined(separator: "/") + "/proxy.yaml"), as: UTF8.self)
    }

    /// A `#` that is not followed by one space and a word is in front of a key.
    var uncommented: String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let indentation = line.prefix { $0 == " " }
            let rest = line.dropFirst(indentation.count)
            guard rest.first == "#", rest.count > 1 else { return String(line) }
            let body = rest.dropFirst()
            let isProse = body.first == " " && body.dropFirst().first != " "
            return isProse ? String(line) : String(indentation) + body
        }.joined(separator: "\n")
    }
}

@Suite struct `The reference configuration` {
    private static let variables = [
        "PARTNER_CLIENT_ID": "p", "PARTNER_CLIENT_SECRET": "s", "TICKETS_URL": "https://t.example.com/mcp",
        "TICKETS_SCOPES": "api://tickets/access_as_user",
    ]

    @Test func `works as shipped with a handful of variables`() throws {
        let configuration = try load(ReferenceFile().text, leastEnvironment).configuration
        #expect(configuration.servers.map(\.name) == ["tickets"])
        #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 8089))
    }

    @Test func `leaves room for a chat server's own variables`() throws {
        let environment = [
            "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "OPENID_CLIENT_SECRET": "s", "OBO_SERVER_A_URL": "http://a",
            "OBO_SERVER_A_SCOPES": "api://a/x",
        ]
        #expect(try load(ReferenceFile().text, environment).configuration.providers["default"]?.clientID == "c")
    }

    @Test func `holds every key of the schema and no other`() throws {
        let document = try DocumentReader.read(
            Array(ReferenceFile().uncommented.utf8), file: "proxy.yaml", environment: Self.variables)
        #expect(document.problems.map(\.description) == [])
        let keys = document.keys.filter { !$0.hasPrefix("providers.") }
        let schema = Set(ListedKey.all.map { $0.key.replacing("<name>", with: "tickets") })
        #expect(keys.symmetricDifference(schema).sorted() == [])
    }

    @Test func `shows the defaults`() throws {
        let document = try DocumentReader.read(
            Array(ReferenceFile().uncommented.utf8), file: "proxy.yaml", environment: Self.variables)
        for facts in Schema.process.map(\.facts) {
            guard case .standard(let text) = facts.presence else { continue }
            #expect(document.values[facts.path]?.spelling == text, "\(facts.path)")
        }
        for facts in Schema.provider.map(\.facts) {
            guard case .standard(let text) = facts.presence else { continue }
            #expect(document.values["exchange." + facts.path]?.spelling == text, "\(facts.path)")
        }
        for facts in Schema.server.map(\.facts) {
            guard case .standard(let text) = facts.presence else { continue }
            #expect(document.values["servers.tickets." + facts.path]?.spelling == text, "\(facts.path)")
        }
    }

    @Test func `is refused in nothing that this version does, when every key is set`() throws {
        let yaml = try ReferenceFile().uncommented
        // The file gives each secret in both ways; it is the environment that leaves the one in place empty.
        var environment = Self.variables + leastEnvironment
        environment["OBO_CLIENT_SECRET"] = nil
        let others = problems(yaml, environment).filter {
            !$0.contains("not supported yet") && !$0.contains("no such file") && !$0.contains("one way to authenticate")
                // Belongs to the other grant.
                && !$0.contains("grant: token-exchange beside it")
        }
        #expect(others == [])
    }
}

extension RawValue {
    fileprivate var spelling: String {
        switch self {
        case .scalar(let scalar): scalar.text ?? ""
        case .list(let scalars, _): scalars.compactMap(\.text).joined(separator: ", ")
        case .map: ""
        }
    }
}
