import Testing

@testable import Configuration

@Suite("What has changed between two configurations") struct ChangeTests {
    private func least(_ changes: [String: String] = [:], _ files: [String: String] = [:]) throws -> ProxyConfiguration
    {
        try load(nil, (leastEnvironment + changes).filter { !$0.value.isEmpty }, files: files).configuration
    }

    static let changes: [([String: String], [String])] = [
        ([:], []),
        (["OBO_LOG_LEVEL": "debug"], ["log.level"]),
        // Written out, but what it was.
        (["OBO_LOG_LEVEL": "info"], []),
        (["OBO_CLIENT_SECRET": "hunter3"], ["exchange.client_secret"]),
        (["OBO_SIDECAR_KEY": "hush"], ["sidecar_key"]),
        (["OBO_ALLOWED_ORIGINS": "https://a.example,https://b.example"], ["allowed_origins"]),
        (["OBO_SERVER_TICKETS_URL": "https://other.example.com/mcp"], ["servers.tickets.url"]),
    ]

    @Test(arguments: changes) func areNamedByTheirKeys(_ changed: [String: String], _ keys: [String]) throws {
        let (old, new) = (try least(), try least(changed))
        #expect(new.changes(since: old) == keys)
        #expect(old.changes(since: new) == keys)
    }

    @Test func aServerThatIsNewOrGoneIsNamed() throws {
        let more = ["OBO_SERVER_WIKI_URL": "https://wiki.example.com", "OBO_SERVER_WIKI_SCOPES": "api://wiki/read"]
        let changes = try least(more).changes(since: try least())
        #expect(changes.contains("servers.wiki.url") && changes.contains("servers.wiki.obo.scopes"))
        #expect(changes.allSatisfy { $0.hasPrefix("servers.wiki.") })
        #expect(try least().changes(since: try least(more)) == changes)
    }

    @Test func whatIsInAFileCounts() throws {
        let named = ["OBO_CLIENT_SECRET": "", "OBO_CLIENT_SECRET_FILE": "/s"]
        let old = try least(named, ["/s": "one"])
        #expect(try least(named, ["/s": "one"]).changes(since: old).isEmpty)
        #expect(try least(named, ["/s": "two"]).changes(since: old) == ["exchange.client_secret"])
        #expect(
            try least(named + ["OBO_CLIENT_SECRET_FILE": "/t"], ["/t": "one"]).changes(since: old)
                == ["exchange.client_secret"])
    }

    /// Two lists that spell the same text, and a list beside a text, are different.
    @Test func partsOfAListDoNotRunTogether() throws {
        func origins(_ text: String) throws -> ProxyConfiguration {
            try load(leastFile + "allowed_origins: \(text)\n").configuration
        }
        let one = try origins("[\"https://a.example\", \"https://b.example\"]")
        #expect(
            try origins("[\"https://b.example\", \"https://a.example\"]").changes(since: one) == ["allowed_origins"])
        #expect(try origins("[\"https://a.example\"]").changes(since: one) == ["allowed_origins"])
    }

    /// The platform replaces it every hour, and it is read for each exchange: no news.
    @Test func thePlatformsTokenIsNoChange() throws {
        let named = ["OBO_CLIENT_SECRET": "", "OBO_FEDERATED_TOKEN_FILE": "/token"]
        func loaded(_ token: String) throws -> LoadedConfiguration {
            try load(nil, (leastEnvironment + named).filter { !$0.value.isEmpty }, files: ["/token": token])
        }
        let (old, new) = (try loaded("a.b.c"), try loaded("d.e.f"))
        #expect(new.configuration.changes(since: old.configuration).isEmpty)
        #expect(old.files == new.files)
    }

    @Test func aProviderIsTheSameWhenOnlyItsCredentialsFileIsAnother() throws {
        let named = ["OBO_CLIENT_SECRET": "", "OBO_CLIENT_SECRET_FILE": "/s", "OBO_SERVER_TICKETS_CA_FILE": ""]
        let old = try least(named, ["/s": "one"])
        func isSame(_ changed: [String: String], _ secret: String = "one") throws -> Bool {
            try least(named + changed, ["/s": secret, "/t": "one"]).hasSameProvider("default", as: old)
        }
        #expect(try isSame([:]))
        #expect(try isSame([:], "two"))
        #expect(try isSame(["OBO_LOG_LEVEL": "debug"]))
        #expect(try !isSame(["OBO_CLIENT_SECRET_FILE": "/t"]))
        #expect(try !isSame(["OBO_TIMEOUT": "4s"]))
        #expect(try !isSame(["OBO_TOKEN_ENDPOINT": "https://id.example.com/token"]))
        #expect(try !least().hasSameProvider("nobody", as: least()))
    }

    /// The default audience follows the client id, which is no key of identity's.
    @Test func userTokensAreJudgedAlikeWhileNothingOfIdentityHasChanged() throws {
        #expect(try least(["OBO_LOG_LEVEL": "debug"]).hasSameIdentity(as: try least()))
        #expect(try !least(["OBO_CLOCK_SKEW": "10s"]).hasSameIdentity(as: try least()))
        #expect(try !least(["OBO_REQUIRE_SCOPE": "x"]).hasSameIdentity(as: try least()))
        #expect(try !least(["OBO_CLIENT_ID": "other"]).hasSameIdentity(as: try least()))
        let named = ["OBO_AUDIENCE": "api://x"]
        #expect(try least(named + ["OBO_CLIENT_ID": "other"]).hasSameIdentity(as: try least(named)))
    }
}

@Suite("The prints of files") struct FilePrintTests {
    private func reader(_ files: [String: Result<String, FileFault>]) -> FileReader {
        { path throws(FileFault) in Array(try (files[path] ?? .failure(.missing)).get().utf8) }
    }

    @Test func areTheSameAsLongAsTheFilesAre() throws {
        let seen = SeenFiles()
        _ = try? seen.read("/a", by: reader(["/a": .success("one")]))
        _ = try? seen.read("/b", by: reader([:]))
        let prints = seen.prints
        #expect(prints.again(by: reader(["/a": .success("one")])) == prints)
        #expect(prints.again(by: reader(["/a": .success("two")])) != prints)
        #expect(prints.again(by: reader(["/a": .failure(.denied)])) != prints)
        // A file that was missing has come.
        #expect(prints.again(by: reader(["/a": .success("one"), "/b": .success("")])) != prints)
    }

    @Test func eachFileSettlesByItself() throws {
        func look(_ a: String, _ b: String) -> FilePrints {
            let seen = SeenFiles()
            let files = reader(["/a": .success(a), "/b": .success(b)])
            for path in ["/a", "/b"] { _ = try? seen.read(path, by: files) }
            return seen.prints
        }
        let tried = look("1", "1")
        #expect(!look("1", "1").hasSettled(since: look("1", "1"), unlike: tried))
        #expect(!look("2", "1").hasSettled(since: look("1", "1"), unlike: tried))
        #expect(look("2", "1").hasSettled(since: look("2", "1"), unlike: tried))
        #expect(look("2", "3").hasSettled(since: look("2", "2"), unlike: tried), "the other is never at rest")
        #expect(!look("1", "3").hasSettled(since: look("1", "2"), unlike: tried))
    }

    /// A shell's `<(command)` can be read but once.
    @Test func pipesAreNotLookedAtAgain() throws {
        let seen = SeenFiles()
        for path in ["/a", "/pipe"] { _ = try seen.read(path, by: reader([path: .success("x")])) }
        let files = reader(["/a": .success("x"), "/pipe": .failure(.special)])
        let kept = seen.prints.watchable(by: files)
        #expect(kept != seen.prints)
        #expect(kept.again(by: files) == kept)
    }
}
