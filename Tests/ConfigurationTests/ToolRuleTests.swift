import Testing

@testable import Configuration

@Suite struct `Tool rules` {
    private func tools(_ yaml: String, _ variables: [String: String] = [:]) throws -> ToolSettings {
        let head = "servers:\n  tickets:\n    url: https://tickets.example.com/mcp\n    obo: {scopes: a/b}\n"
        let environment = leastEnvironment.filter { !$0.key.hasPrefix("OBO_SERVER_") } + variables
        return try #require(try load(head + yaml, environment).configuration.servers.first).tools
    }

    @Test func `are none unless set`() throws {
        #expect(try tools("") == ToolSettings(allow: nil, deny: []))
        #expect(try tools("    tools: {allow: }\n") == ToolSettings(allow: nil, deny: []))
    }

    @Test(
        arguments: [
            ("{allow: []}", ToolSettings(allow: [], deny: [])),
            ("{allow: [a, b*]}", ToolSettings(allow: ["a", "b*"], deny: [])),
            ("{allow: \"a, b*\", deny: \"?x\"}", ToolSettings(allow: ["a", "b*"], deny: ["?x"])),
            ("{deny: [\"*\"]}", ToolSettings(allow: nil, deny: ["*"])),
            ("{allow: [with space, A.b/c-d_e]}", ToolSettings(allow: ["with space", "A.b/c-d_e"], deny: [])),
        ] as [(String, ToolSettings)])
    func `are names with stars`(_ text: String, _ settings: ToolSettings) throws {
        #expect(try tools("    tools: \(text)\n") == settings)
    }

    @Test func `are told by variables too, which win over the file`() throws {
        let variables = ["OBO_SERVER_TICKETS_TOOLS_ALLOW": "a,b_*", "OBO_SERVER_TICKETS_TOOLS_DENY": "b_x"]
        #expect(try tools("    tools: {allow: [c]}\n", variables) == ToolSettings(allow: ["a", "b_*"], deny: ["b_x"]))
    }

    private static let expected =
        "expected a tool's name of 1 to 128 printable ASCII characters, with * for any of them and ? for one"

    @Test(arguments: ["caf\u{e9}", "\"a\\tb\"", String(repeating: "a", count: 129)])
    func `are of printable ASCII`(_ name: String) {
        let found = problems("servers: {tickets: {tools: {deny: [\(name)]}}}\n", leastEnvironment)
        #expect(found == ["proxy.yaml:1:36: servers.tickets.tools.deny: \(Self.expected)"])
    }

    @Test func `are not without number`() {
        let names = (0..<257).map { "tool\($0)" }.joined(separator: ",")
        let found = problems("servers: {tickets: {tools: {allow: [\(names)]}}}\n", leastEnvironment)
        #expect(found == ["proxy.yaml:1:36: servers.tickets.tools.allow: expected at most 256 names, found 257"])
    }
}
