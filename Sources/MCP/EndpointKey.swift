internal import Bytes

/// The endpoint of the older transport is a session's only name, so it is tied to its user as a session id is: by an
/// HMAC over server, issuer, subject and target, as the query's last parameter, `obo`.
extension SessionKey {
    private static let parameter = Array("obo=".utf8)

    /// The target with its proof.
    /// - Parameter target: path and query.
    package func announce(_ target: [UInt8], for owner: Owner) -> [UInt8] {
        let separator = target.contains(UInt8(ascii: "?")) ? UInt8(ascii: "&") : UInt8(ascii: "?")
        return target + [separator] + Self.parameter + proof(of: "endpoint", target.span, owner)
    }

    /// The target that was announced as this path and query.
    /// - Returns: nil unless it was, to that owner; how far a forgery was right takes no time to tell.
    package func target(path: Span<UInt8>, query: Span<UInt8>, for owner: Owner) -> [UInt8]? {
        let start = query.count &- Self.parameter.count &- Self.macLength
        guard start >= 0, start == 0 || query[start &- 1] == UInt8(ascii: "&") else { return nil }
        let value = start &+ Self.parameter.count
        for i in start..<value where query[i] != Self.parameter[i &- start] { return nil }
        var target: [UInt8] = []
        for i in path.indices { target.append(path[i]) }
        if start > 0 { target.append(UInt8(ascii: "?")) }
        for i in 0..<max(start &- 1, 0) { target.append(query[i]) }
        let proof = query.extracting(value..<query.count)
        return isProof(proof, of: "endpoint", target.span, owner) ? target : nil
    }
}
