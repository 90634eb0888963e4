package import Bytes

/// A JWT by which a platform vouches for one of its workloads, such as Kubernetes for a service account. It is shown
/// to a provider as the client's assertion (RFC 7523 §2.2); whether it is genuine is the provider's business.
package enum FederatedToken {
    /// Why a file holds no token that is worth showing.
    package enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// Nothing that is a JWT with an `exp`, which RFC 7523 §3 demands.
        case noToken
        /// It ended this many seconds ago.
        case expired(seconds: Int)

        package var description: String {
            switch self {
            case .noToken: "expected a JWT with exp"
            case .expired(let seconds): "expected a token that is still valid; this one ended \(seconds) s ago"
            }
        }
    }

    /// The token in a file's text, without the white space around it.
    /// - Parameter now: seconds since 1970.
    package static func read(_ text: Span<UInt8>, now: Int) throws(Fault) -> Secret {
        let token = text.extracting(content(of: text))
        guard let payload = try? CompactJWS(token).payload, let end = (try? payload.date("exp", .down)) ?? nil,
            token.indices.allSatisfy({ 0x21...0x7E ~= token[$0] })
        else { throw .noToken }
        guard end > now else { throw .expired(seconds: now &- end) }
        return Secret(copying: token)
    }

    /// What is left without the white space at both ends.
    private static func content(of text: Span<UInt8>) -> Range<Int> {
        var (first, end) = (0, text.count)
        while first < end, isBlank(text[first]) { first &+= 1 }
        while first < end, isBlank(text[end &- 1]) { end &-= 1 }
        return first..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
}
