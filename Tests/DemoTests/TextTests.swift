import HTTP1
import JSON
import Testing

@testable import Demo

@Suite struct FormTextTests {
    @Test func decodes() {
        #expect(FormText.decode("a=1&b=x+y%2Fz&c&d=") == ["a": "1", "b": "x y/z", "c": "", "d": ""])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%ff"])
    func leavesOutWhatIsBroken(_ text: String) {
        #expect(FormText.decode(text) == [:])
    }
}

@Suite struct WebAddressTests {
    @Test func takesHostPortAndPath() throws {
        let address = try #require(WebAddress("http://127.0.0.1:8089/tools?x=1"))
        #expect(address == WebAddress(host: "127.0.0.1", port: 8089, path: "/tools?x=1"))
        #expect(address.text == "http://127.0.0.1:8089/tools?x=1")
        #expect(WebAddress("http://h:1")?.path == "/")
    }

    @Test(arguments: ["https://h:1/", "http://h/", "http://:1/", "http://h:99999/", "h:1", ""])
    func refuses(_ text: String) {
        #expect(WebAddress(text) == nil)
    }
}

@Suite struct ClientCredentialsTests {
    private func request(_ value: String) -> SiteRequest {
        SiteRequest(.post, "/", fields: ["authorization": value])
    }

    @Test func readsBothPartsFormDecoded() {
        // base64 of "chat:a%3Ab%2Bc"
        let found = ClientCredentials(basic: request("Basic Y2hhdDphJTNBYiUyQmM="))
        #expect(found == ClientCredentials(id: "chat", secret: "a:b+c"))
    }

    @Test(arguments: ["", "Bearer x", "Basic ?", "Basic Y2hhdA=="])
    func refuses(_ value: String) {
        #expect(ClientCredentials(basic: request(value)) == nil)
    }
}

@Suite struct EventReaderTests {
    @Test(arguments: 1...40)
    func findsMessagesWhereverTheStreamIsCut(_ size: Int) {
        let stream = Array(
            ": hello\n\nevent: message\ndata: {\"n\":1}\n\ndata: {\"n\":\r\ndata: 2}\r\n\r\nid: 7\n\n".utf8)
        var reader = EventReader()
        var found: [JSON] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            found += reader.read(Array(stream[start..<min(start + size, stream.count)]))
        }
        #expect(found.map { $0["n"]?.integer } == [1, 2])
    }
}

@Suite struct CommandTests {
    @Test func readsEachCommand() {
        let p = WebAddress(host: "p", port: 1)
        let t = WebAddress(host: "t", port: 2)
        #expect(Command(["provider"]) == .provider(port: 0, delayMilliseconds: 300, origin: nil, certificate: nil))
        #expect(
            Command([
                "provider", "--port", "9", "--delay", "0", "--origin", "https://h:1", "--client-certificate", "c.pem",
            ]) == .provider(port: 9, delayMilliseconds: 0, origin: "https://h:1", certificate: "c.pem"))
        #expect(Command(["tools", "--provider", "http://p:1"]) == .tools(port: 0, provider: p))
        #expect(
            Command(["chat", "--proxy", "http://x:3/tools", "--provider", "http://p:1", "--tools", "http://t:2"])
                == .chat(proxy: WebAddress(host: "x", port: 3, path: "/tools"), provider: p, tools: t))
    }

    @Test(arguments: [
        [], ["serve"], ["tools"], ["provider", "--port"], ["provider", "--port", "x"], ["provider", "--color", "red"],
        ["provider", "stray", "word"], ["chat", "--proxy", "http://x:3"],
    ])
    func refuses(_ arguments: [String]) {
        #expect(Command(arguments) == nil)
    }
}

@Suite struct AccountTests {
    @Test func countsWhatIsNotTrue() {
        var lines: [String] = []
        var account = Account { lines.append($0) }
        account.begin("part")
        account.claim("yes", true)
        account.claim("no", false)
        #expect(account.failures == 1)
        #expect(lines == ["\npart", "  ✓ yes", "  ✗ no"])
    }
}
