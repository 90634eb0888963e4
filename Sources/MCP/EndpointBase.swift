/// What an `endpoint` event's URL is resolved against (RFC 3986 §5.2), and must not leave: the configured URL.
package struct EndpointBase: Sendable {
    private let scheme: [UInt8]
    private let host: [UInt8]
    private let port: UInt16
    private let path: [UInt8]
    private let query: [UInt8]?

    /// The longest target, in bytes: with what is added to it, it still fits into a request line of ours.
    static let longest = 8000

    /// - Parameters:
    ///   - scheme: `http` or `https`.
    ///   - host: in lower case; an address without brackets.
    ///   - path: absolute, without dot segments.
    package init(scheme: String, host: String, port: UInt16, path: String, query: String?) {
        self.scheme = Array(scheme.utf8)
        self.host = Array((host.contains(":") ? "[\(host)]" : host).utf8)
        self.port = port
        self.path = Array(path.utf8)
        self.query = query.map { Array($0.utf8) }
    }

    /// The request target, path and query, that a client would post to.
    ///
    /// Where RFC 3986 and the URL standard of browsers read a reference in different ways, there is no telling what a
    /// client would make of it, so it is refused.
    /// - Parameter data: of the event.
    package func target(of data: [UInt8]) throws(EndpointFault) -> [UInt8] {
        var rest = Self.trimmed(data)
        if let fragment = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let mark = rest.firstIndex(of: UInt8(ascii: "?"))
        let asked = mark.map { rest[($0 &+ 1)...] }
        let location = try path(of: mark.map { rest[..<$0] } ?? rest)
        var target = try location.map { reference throws(EndpointFault) in try Self.withoutDots(reference) } ?? path
        guard target.allSatisfy(Self.isPath) else { throw .malformed }
        if let query = asked ?? (location == nil ? query.map { $0[...] } : nil) {
            guard query.allSatisfy(Self.isQuery) else { throw .malformed }
            // Browsers' URLs escape it in a query; spelt so from the start, every client sends the same.
            target += [UInt8(ascii: "?")] + query.flatMap { $0 == UInt8(ascii: "'") ? Array("%27".utf8) : [$0] }
        }
        guard target.count <= Self.longest else { throw .tooLong }
        guard Self.hasWholeEscapes(target) else { throw .malformed }
        return target
    }

    /// Without what every client takes out of a URL before it reads it (WHATWG URL, basic URL parser): line ends and
    /// tabs anywhere, blanks and controls around it.
    private static func trimmed(_ data: [UInt8]) -> ArraySlice<UInt8> {
        var text = data.filter { $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }[...]
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        return text
    }

    // MARK: Where it leads

    /// The absolute path that a reference without query leads to; nil where that is the base itself.
    private func path(of reference: ArraySlice<UInt8>) throws(EndpointFault) -> ArraySlice<UInt8>? {
        var rest = reference
        let isAbsolute = try takeScheme(&rest)
        let slash = UInt8(ascii: "/")
        if rest.starts(with: [slash, slash]) {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: slash) ?? rest.endIndex
            guard isOwn(rest[..<end]) else { throw .anotherOrigin }
            return end == rest.endIndex ? [slash] : rest[end...]
        }
        guard !isAbsolute else { throw .malformed }
        if rest.isEmpty { return nil }
        if rest.first == slash { return rest }
        let directory = path.lastIndex(of: slash).map { path[...$0] } ?? [slash]
        return directory + rest
    }

    /// Takes a scheme off the front: a colon before any slash ends one.
    private func takeScheme(_ rest: inout ArraySlice<UInt8>) throws(EndpointFault) -> Bool {
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }),
            rest[end] == UInt8(ascii: ":")
        else { return false }
        guard rest[..<end].map(Self.lowercased) == scheme else { throw .anotherOrigin }
        rest = rest[(end &+ 1)...]
        return true
    }

    private func isOwn(_ authority: ArraySlice<UInt8>) -> Bool {
        let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        let colon = authority[bracket...].firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let digits = authority[colon...].dropFirst()
        guard authority[..<colon].map(Self.lowercased) == host, digits.count <= 5 else { return false }
        if digits.isEmpty { return port == (scheme.count == 5 ? 443 : 80) }
        return UInt16(String(decoding: digits, as: UTF8.self)) == port
    }

    /// RFC 3986 §5.2.4, for an absolute path. Escaped dots are dots to browsers and none to others.
    private static func withoutDots(_ path: ArraySlice<UInt8>) throws(EndpointFault) -> [UInt8] {
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (place, segment) in segments.enumerated() {
            guard !isEscapedDots(segment) else { throw .malformed }
            let isDots = segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
            if isDots, segment.count == 2 { _ = kept.popLast() }
            if !isDots { kept.append(segment) }
            if isDots, place == segments.count &- 1 { kept.append([]) }
        }
        return [UInt8(ascii: "/")] + kept.joined(separator: [UInt8(ascii: "/")])
    }

    private static func isEscapedDots(_ segment: ArraySlice<UInt8>) -> Bool {
        guard segment.contains(UInt8(ascii: "%")), segment.count <= 6 else { return false }
        let plain = String(decoding: segment, as: UTF8.self).lowercased().replacing("%2e", with: ".")
        return plain == "." || plain == ".."
    }

    // MARK: Characters

    /// RFC 3986 §3.3 `pchar` and `/`.
    private static func isPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x41...0x5a, 0x40, 0x24...0x3b, 0x21, 0x3d, 0x5f, 0x7e: true
        default: false
        }
    }

    /// What clients leave as it is in a query: all that is visible, but what ends a query or a URL in text.
    private static func isQuery(_ byte: UInt8) -> Bool { 0x21...0x7e ~= byte && !"\"<>#".utf8.contains(byte) }

    /// Some clients escape a `%` that begins no escape, and some do not.
    private static func hasWholeEscapes(_ target: [UInt8]) -> Bool {
        target.indices.allSatisfy { i in
            target[i] != UInt8(ascii: "%")
                || i &+ 2 < target.count && isHexadecimal(target[i &+ 1]) && isHexadecimal(target[i &+ 2])
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x61...0x66 ~= byte | 0x20
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte | 0x20 : byte }
}
