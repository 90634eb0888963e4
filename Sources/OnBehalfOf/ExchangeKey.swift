package import Bytes

/// What makes two exchanges the same: the user's token, byte for byte, and everything asked for with it.
/// Never an account's name, under which a weaker login would find a stronger one's token.
package struct ExchangeKey: Hashable, Sendable {
    /// SHA-256 of the user's token.
    package var token: Digest256
    /// `ExchangeTarget.service`.
    package var service: Digest256

    package init(token: Digest256, service: Digest256) {
        self.token = token
        self.service = service
    }
}
