import Testing

@testable import Configuration

@Suite struct `A configured secret` {
    @Test(arguments: [
        ("plain", "plain"), ("line\n", "line"), ("line\r\n", "line"), ("two\n\n", "two\n"), (" kept \n", " kept "),
    ])
    func `comes from a file without its last line break`(contents: String, secret: String) throws {
        var environment = leastEnvironment + ["OBO_CLIENT_SECRET_FILE": "/run/s"]
        environment["OBO_CLIENT_SECRET"] = nil
        let loaded = try load(nil, environment, files: ["/run/s": contents])
        guard case .secret(let read)? = loaded.configuration.providers["default"]?.credential else { return }
        #expect(read.value.text == secret)
        #expect(read.source == .file(path: "/run/s"))
        #expect(loaded.shown("exchange.client_secret") == "[redacted] # OBO_CLIENT_SECRET_FILE")
    }

    @Test(arguments: [
        (
            "session_key_file: /s\n", ["/s": ""],
            "proxy.yaml:1:19: session_key: expected a file with content, found an empty one"
        ),
        (
            "session_key_file: /s\n", ["/s": "\n"],
            "proxy.yaml:1:19: session_key: expected a secret that is more than blanks and line breaks"
        ),
        (
            "session_key_file: /s\n", ["/s": "\n \t\r\n\n"],
            "proxy.yaml:1:19: session_key: expected a secret that is more than blanks and line breaks"
        ),
        ("session_key_file: /s\n", [:], "proxy.yaml:1:19: session_key: expected a readable file: no such file"),
        ("session_key_file: /s\n", ["/s": "a\0b"], "proxy.yaml:1:19: session_key: expected a secret without NUL"),
        ("sidecar_key: a b\n", [:], "proxy.yaml:1:14: sidecar_key: expected visible ASCII characters only"),
        ("sidecar_key: ü\n", [:], "proxy.yaml:1:14: sidecar_key: expected visible ASCII characters only"),
        (
            "session_key: a\nsession_key_file: /s\n", ["/s": "b"],
            "proxy.yaml:2:19: session_key_file: expected either session_key or session_key_file, found both"
        ),
    ])
    func `is refused`(yaml: String, files: [String: String], problem: String) {
        #expect(problems(yaml, leastEnvironment, files: files) == [problem])
    }

    @Test func `is given once`() {
        #expect(
            problems(nil, leastEnvironment + ["OBO_CLIENT_SECRET_FILE": "/s"], files: ["/s": "x"]) == [
                "OBO_CLIENT_SECRET: exchange.client_secret: expected either OBO_CLIENT_SECRET or OBO_CLIENT_SECRET_FILE, found both"
            ])
    }

    @Test func `is shown by nothing`() throws {
        let yaml = """
            session_key: hunter2-a
            sidecar_key: hunter2-b
            exchange: {client_secret: hunter2-c, parameters: {api_key: hunter2-d, audience: shown}}
            servers:
              tickets:
                headers: {X-Api: hunter2-e}
            previous_session_key: hunter2-f
            """
        let loaded = try load(yaml, leastEnvironment)
        var dumped = ""
        dump(loaded, to: &dumped)
        #expect(!dumped.contains("hunter2-a") && !dumped.contains("hunter2-b") && !dumped.contains("hunter2-e"))
        #expect(!dumped.contains("hunter2-f"))
        #expect(!loaded.effective.description.contains("hunter2"))
        #expect(loaded.shown("exchange.parameters") == "{api_key: [redacted], audience: shown} # proxy.yaml:3:50")
        #expect(loaded.shown("servers.tickets.headers") == "{X-Api: [redacted]} # proxy.yaml:6:14")
        let keyed = leastEnvironment + ["OBO_SERVER_TICKETS_URL": "https://t.example.com/mcp?api_key=hunter2"]
        let url = try load(nil, keyed).shown("servers.tickets.url")
        #expect(url == "https://t.example.com/mcp?[redacted] # OBO_SERVER_TICKETS_URL")
        #expect(loaded.shown("session_key") == "[redacted] # proxy.yaml:1:14")
    }
}
