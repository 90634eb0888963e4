/// The hosts that a listener on loopback answers for. Names are the only thing that tells a page which bent its own
/// name to 127.0.0.1 (DNS rebinding) from a client that means this machine.
///
/// Loopback's own are `localhost`, 127.0.0.0/8 as dotted quads and `[::1]`: no DNS can give these to anybody else.
package struct LoopbackHosts: Sendable {
    /// In lower case, as they stand before a port.
    private let further: [[UInt8]]

    /// - Parameter further: names and addresses, IPv6 ones without brackets.
    package init(and further: [String]) {
        self.further = further.map { Array(($0.contains(":") ? "[\($0)]" : $0).lowercased().utf8) }
    }

    /// Whether a request for this host, with any port or none, is for us.
    /// - Parameter authority: a valid one (RFC 3986 §3.2), as `RequestHead.host` is.
    package func contains(_ authority: Span<UInt8>) -> Bool {
        let host = 0..<Self.hostEnd(authority)
        if Self.isLoopback(authority, host) { return true }
        return further.contains { Self.equal($0.span, authority.extracting(host)) }
    }

    private static func hostEnd(_ authority: Span<UInt8>) -> Int {
        let isLiteral = authority.count > 0 && authority[0] == 0x5B
        var end = 0
        while end < authority.count {
            if isLiteral, authority[end] == 0x5D { return end &+ 1 }
            if !isLiteral, authority[end] == Octet.colon { return end }
            end &+= 1
        }
        return end
    }

    private static func isLoopback(_ bytes: Span<UInt8>, _ host: Range<Int>) -> Bool {
        isLoopbackQuad(bytes, host) || bytes.equals(host, lowercase: "localhost")
            || bytes.equals(host, lowercase: "[::1]") || bytes.equals(host, lowercase: "localhost.")
    }

    /// `127.` and three numbers: `127.evil.example` is a name like any other, and who writes `127.1` can be told to
    /// write it out.
    private static func isLoopbackQuad(_ bytes: Span<UInt8>, _ host: Range<Int>) -> Bool {
        guard host.count >= 9, bytes.equals(0..<4, lowercase: "127.") else { return false }
        var (dots, digits, number) = (1, 0, 0)
        for offset in 4..<host.upperBound {
            if bytes[offset] == 0x2E {
                guard digits > 0 else { return false }
                (dots, digits, number) = (dots &+ 1, 0, 0)
                continue
            }
            guard Octet.isDigit(bytes[offset]), digits < 3 else { return false }
            number = number &* 10 &+ Int(bytes[offset] &- 0x30)
            digits &+= 1
            guard number <= 255 else { return false }
        }
        return dots == 3 && digits > 0
    }

    private static func equal(_ name: Span<UInt8>, _ host: Span<UInt8>) -> Bool {
        guard name.count == host.count else { return false }
        for i in name.indices where name[i] != Octet.lowercased(host[i]) { return false }
        return true
    }
}
