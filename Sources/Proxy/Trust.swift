internal import Bytes
internal import Configuration
internal import OpenSSL

/// TLS contexts, one for each set of trust anchors. Those of the settings before stay in use where the anchors are the
/// same: connections to whom they lead can then stay as well.
struct Trust {
    struct Anchors: Hashable {
        let path: String
        let content: Digest256
    }

    private(set) var clients: [Anchors: TLSClientContext] = [:]
    private let known: [Anchors: TLSClientContext]

    init(after previous: Shared?) { known = previous?.clientContexts ?? [:] }

    mutating func client(_ ca: ConfiguredFile?) throws(StartFault) -> TLSClientContext {
        let content = ca.map { $0.contents.withSpan { SHA256.digest($0) } } ?? Digest256()
        let anchors = Anchors(path: ca?.path ?? "", content: content)
        if let made = clients[anchors] { return made }
        do {
            let context = try known[anchors] ?? TLSClientContext(extraTrust: ca?.anchors)
            clients[anchors] = context
            return context
        } catch { throw .unusable("ca_file", "\(error)") }
    }

    static func server(_ tls: ListenerTLS) throws(StartFault) -> TLSServerContext {
        do { return try tls.context() } catch { throw .unusable("tls", "\(error)") }
    }
}
