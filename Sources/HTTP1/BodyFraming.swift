/// How a message's body ends (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// This many bytes follow.
    case length(UInt64)
    /// Chunks follow (RFC 9112 §7.1).
    case chunked
    /// Everything until the connection is closed; responses only.
    case untilClose
}
