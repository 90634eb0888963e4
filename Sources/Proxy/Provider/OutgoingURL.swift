internal import Bytes
internal import Configuration
internal import Libevent
internal import OpenSSL

/// A URL that the proxy itself calls: discovery, keys, tokens.
struct OutgoingURL: Sendable {
    let url: UpstreamURL
    let endpoint: Endpoint

    /// - Parameter tls: the trust to use when the URL is https.
    init(_ url: UpstreamURL, tls: TLSClientContext) {
        self.url = url
        endpoint = Endpoint(host: url.host, port: url.port, tls: url.scheme == .https ? tls : nil)
    }

    /// Appends `GET` for it, whole.
    func appendGet(to out: ByteBuffer) {
        out.append("GET " as StaticString)
        out.append(string: url.target)
        out.append(" HTTP/1.1\r\nHost: " as StaticString)
        out.append(string: url.authority)
        out.append("\r\nAccept: application/json\r\nUser-Agent: obo-proxy\r\n\r\n" as StaticString)
    }

    /// Appends the start of a `POST`: the rest of the fields, the length and the body follow.
    func appendPostStart(to out: ByteBuffer) {
        out.append("POST " as StaticString)
        out.append(string: url.target)
        out.append(" HTTP/1.1\r\nHost: " as StaticString)
        out.append(string: url.authority)
        out.append("\r\nUser-Agent: obo-proxy\r\n" as StaticString)
    }
}
