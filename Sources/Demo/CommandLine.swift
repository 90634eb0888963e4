internal import FoundationEssentials
internal import Glibc
internal import JSON
package import Libevent

/// The commands of `obo-demo`: each is one process of a demonstration.
package enum Command: Equatable, Sendable {
    /// The development identity provider; `origin` is how others reach it, where something stands before it.
    /// With a certificate, a PEM file, the client may prove itself by that instead of its secret.
    case provider(port: UInt16, delayMilliseconds: Int, origin: String?, certificate: String?)
    /// The MCP server; it takes tokens of that provider.
    case tools(port: UInt16, provider: WebAddress)
    /// The chat stand-in.
    case chat(proxy: WebAddress, provider: WebAddress, tools: WebAddress)

    /// What can be asked for.
    package static let usage = """
        obo-demo provider [--port N] [--delay MILLISECONDS] [--origin http(s)://HOST:PORT] [--client-certificate FILE]
        obo-demo tools --provider http://HOST:PORT [--port N]
        obo-demo chat --proxy http://HOST:PORT/SERVER --provider http://HOST:PORT --tools http://HOST:PORT
        """

    /// - Parameter arguments: those behind the program's name.
    /// - Returns: nil when they make no sense.
    package init?(_ arguments: [String]) {
        guard let name = arguments.first, let options = Command.options(arguments.dropFirst()) else { return nil }
        let port = options["--port"].map(UInt16.init) ?? 0
        let address = { (option: String) in options[option].flatMap { WebAddress($0) } }
        let allowed: Set<String>
        switch name {
        case "provider":
            guard let port, let delay = options["--delay"].map({ Int($0) }) ?? 300 else { return nil }
            allowed = ["--port", "--delay", "--origin", "--client-certificate"]
            self = .provider(
                port: port, delayMilliseconds: delay, origin: options["--origin"],
                certificate: options["--client-certificate"])
        case "tools":
            guard let port, let provider = address("--provider") else { return nil }
            allowed = ["--port", "--provider"]
            self = .tools(port: port, provider: provider)
        case "chat":
            guard let proxy = address("--proxy"), let provider = address("--provider"), let tools = address("--tools")
            else { return nil }
            allowed = ["--proxy", "--provider", "--tools"]
            self = .chat(proxy: proxy, provider: provider, tools: tools)
        default: return nil
        }
        guard Set(options.keys).isSubset(of: allowed) else { return nil }
    }

    private static func options(_ arguments: ArraySlice<String>) -> [String: String]? {
        var options: [String: String] = [:]
        var rest = arguments.makeIterator()
        while let name = rest.next() {
            guard name.hasPrefix("--"), let value = rest.next() else { return nil }
            options[name] = value
        }
        return options
    }

    /// Runs the command.
    /// - Returns: the process's exit code, or nil when it is to serve until it is killed.
    package func run(on loop: EventLoop) async throws -> Int32? {
        switch self {
        case .provider(let port, let delay, let origin, let certificate):
            var settings = ProviderSettings()
            settings.delayMilliseconds = delay
            settings.origin = origin
            settings.certificate = try certificate.map { file in
                try RegisteredCertificate(pem: [UInt8](Data(contentsOf: URL(filePath: file))))
            }
            try await Command.serve(SiteServer(try ProviderSite(settings), on: loop), port: port)
            return nil
        case .tools(let port, let provider):
            let check = try await Command.check(by: provider, on: loop)
            try await Command.serve(SiteServer(ToolsSite(check: check), on: loop), port: port)
            return nil
        case .chat(let proxy, let provider, let tools):
            let chat = Chat(on: loop, proxy: proxy, provider: provider, tools: tools) { line in
                say(line)
            }
            return await chat.run() ? 0 : 1
        }
    }

    /// Opens a server and prints its address for whoever started the process.
    private static func serve(_ server: SiteServer, port: UInt16) async throws {
        let address = try await server.open(port: port)
        say(address.origin)
    }

    private static func check(by provider: WebAddress, on loop: EventLoop) async throws -> TokenCheck {
        let caller = Caller(on: loop)
        let discovery = try await caller.send("GET", provider.at("/demo/v2.0/.well-known/openid-configuration"))
        let keys = try await caller.send("GET", provider.at("/demo/discovery/v2.0/keys"))
        guard let issuer = json(discovery)["issuer"]?.string else { throw ConnectionFault.body }
        return try TokenCheck(jwks: json(keys), issuer: issuer, audiences: [ProviderSettings().resource])
    }
}

/// Writes a line to standard output at once; a pipe's reader waits for it.
package func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}
