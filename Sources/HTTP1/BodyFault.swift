/// Why a body is refused. The connection's framing is lost: close it, and let the other side see no well-formed end.
package enum BodyFault: Error, Equatable, Sendable, CaseIterable {
    /// No hexadecimal digits, too many, or something else than an extension or CRLF behind them (RFC 9112 §7.1).
    case malformedChunkSize
    /// RFC 9112 §7.1.1.
    case malformedChunkExtension
    /// More extension bytes than the chunks' data makes up for.
    case chunkExtensionsTooLarge
    /// A chunk's data is not followed by CRLF.
    case malformedChunkEnd
    /// RFC 9112 §7.1.2.
    case malformedTrailer
    case trailersTooLarge
    /// The connection ended before the body did (RFC 9112 §8).
    case truncated

    /// The status a server answers, if it can still answer. For an upstream's body it is 502.
    package var status: UInt16 {
        switch self {
        case .trailersTooLarge: 431
        case .malformedChunkSize, .malformedChunkExtension, .chunkExtensionsTooLarge, .malformedChunkEnd,
            .malformedTrailer, .truncated:
            400
        }
    }

    /// The refusal's reason.
    package var reason: HeadFault.Reason { self == .trailersTooLarge ? .headerTooLarge : .badRequest }
}
