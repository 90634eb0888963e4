package import Configuration
internal import Libevent

/// Asks a running proxy on this machine how it is, as probes do that can only start a program.
package enum HealthQuestion {
    /// What the proxy said.
    package enum Answer: Sendable, Equatable {
        case yes
        /// Its status and what it wrote.
        case no(String)
        /// Nobody answers at the admin address; the system's words.
        case silence(String)
        /// `admin.listen` is off or cannot be asked.
        case cannotAsk
    }

    /// - Parameters:
    ///   - ready: whether to ask for `/readyz` instead of `/healthz`.
    ///   - seconds: for each wait.
    package static func ask(_ configuration: ProxyConfiguration, ready: Bool, within seconds: Int) -> Answer {
        guard let admin = configuration.admin, let address = address(of: admin) else { return .cannotAsk }
        let path = ready ? "/readyz" : "/healthz"
        let question = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        do throws(SystemError) {
            let text = String(decoding: try BlockingExchange.ask(address, question, within: seconds), as: UTF8.self)
            if text.hasPrefix("HTTP/1.1 200 ") { return .yes }
            return .no(text.split(separator: "\r\n\r\n", maxSplits: 1).last.map(String.init) ?? "")
        } catch { return .silence("\(error)") }
    }

    private static func address(of admin: ListenAddress) -> SocketAddress? {
        switch admin {
        case .unix(let path): try? SocketAddress.unix(path: path)
        case .tcp(let host, let port): try? Resolver.addressesBlocking(of: host, port: port).first
        }
    }
}
