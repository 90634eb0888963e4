internal import Bytes
internal import HTTP1
internal import MCP

extension Worker {
    /// The server that the path names, after the checks that need no token: method, host, shared key, origin, size.
    func route(_ call: Call) throws(Interruption) -> Service {
        let head = call.head
        let known = service(named: head.path, of: call)
        call.service = known
        call.path = known?.pathBytes ?? call.withBytes(head.path) { UnknownPath.plain($0) }
        call.trace = trace(of: call)
        if head.method == .options { throw answerOptions(call) }
        guard head.method != .connect, head.method != .trace, head.method != .head else {
            throw .refused(.methodNotAllowed)
        }
        guard isForThisHost(call) else { throw .refused(.badOrigin) }
        guard hasSidecarKey(call) else { throw .refused(.badSidecarKey) }
        guard let service = known else { throw describe(call) }
        guard head.method == .get || head.method == .post || head.method == .delete else {
            throw .refused(.methodNotAllowed)
        }
        guard hasAllowedOrigin(call) else { throw .refused(.badOrigin) }
        if case .length(let size) = head.framing, size > call.shared.bodyLimit { throw .refused(.bodyTooLarge) }
        return service
    }

    /// Compares the path as sent: an escaped, dotted or doubled spelling is another path.
    func service(named path: ByteRange, of call: Call) -> Service? {
        call.withBytes(path) { path in
            var end = path.count
            if end > 2 && path[end - 1] == UInt8(ascii: "/") { end -= 1 }
            guard end > 1, path[0] == UInt8(ascii: "/") else { return nil }
            let name = path.extracting(1..<end)
            let named = call.shared.services.first { service in
                let known = service.nameBytes
                return equal(known.span, name)
            }
            return named ?? call.shared.services.first { $0.isPostedTo(path, by: call.head.method) }
        }
    }

    /// Two are none: it would be anybody's guess which one the next in line believes.
    private func trace(of call: Call) -> TraceContext? {
        guard let field = call.head.first(.traceparent), call.head.count(of: .traceparent) == 1 else { return nil }
        return call.withBytes(field.value) { TraceContext($0) }
    }

    private func hasSidecarKey(_ call: Call) -> Bool {
        guard let expected = call.shared.sidecarKey else { return true }
        guard call.head.count(of: .sidecarKey) == 1, let field = call.head.first(.sidecarKey) else { return false }
        return call.withBytes(field.value) { expected.equals($0) }
    }

    /// A page that bends its own name to this machine (DNS rebinding) is of our origin to the browser, which then
    /// sends no Origin with a GET; but it comes with that name. A client without any Host is no browser.
    func isForThisHost(_ call: Call) -> Bool {
        guard let hosts = call.shared.hosts, !call.head.host.isEmpty else { return true }
        return call.withBytes(call.head.host) { hosts.contains($0) }
    }

    func hasAllowedOrigin(_ call: Call) -> Bool {
        guard let field = call.head.first(.origin) else { return true }
        guard call.head.count(of: .origin) == 1 else { return false }
        call.origin = call.withBytes(field.value) { origin in
            call.shared.allowedOrigins.first { equal($0.span, origin) }
        }
        return call.origin != nil
    }
}

/// A path that leads nowhere, as the access log may show it.
enum UnknownPath {
    /// Shorter than any token: common kinds begin at 32 characters.
    private static let longestSegment = 30
    private static let longest = 200

    /// The path with long segments left out: people put tokens into URLs, and no log may hold one.
    static func plain(_ path: Span<UInt8>) -> [UInt8] {
        let bytes = Array(path, path.indices)
        let segments = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let shown = segments.map { $0.count > longestSegment ? Array("...".utf8)[...] : $0 }
        return Array(shown.joined(separator: [UInt8(ascii: "/")]).prefix(longest))
    }
}

/// Byte-wise equality of what is no secret.
func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for i in a.indices where a[i] != b[i] { return false }
    return true
}
