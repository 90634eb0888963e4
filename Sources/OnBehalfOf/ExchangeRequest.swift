package import Bytes

/// One request to a token endpoint: Entra's On-Behalf-Of flow, a jwt-bearer grant with the user's token as assertion.
///
/// It holds the user's token and the client's secret, so every description is a fixed text.
package struct ExchangeRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let target: ExchangeTarget
    private let assertion: Secret
    private let claims: String?
    private let requestID: String?

    /// - Parameters:
    ///   - assertion: the user's token, as it was received.
    ///   - claims: the JSON text of a claims request; sent as it is, form-encoded.
    ///   - requestID: a UUID for `client-request-id`, by which the provider's support finds this request;
    ///     left out when it holds anything but letters, digits and hyphens.
    package init(target: ExchangeTarget, assertion: Secret, claims: String? = nil, requestID: String? = nil) {
        self.target = target
        self.assertion = assertion
        self.claims = claims
        self.requestID = requestID.flatMap { $0.isPlainID ? $0 : nil }
    }

    /// Appends the form body. The buffer then holds secrets: consume it by sending, and log nothing of it.
    package func appendBody(to buffer: ByteBuffer) {
        let form = ByteBuffer(capacity: assertion.count &+ 1024)
        form.appendField("grant_type", ExchangeTarget.grantType)
        if target.client.placement == .post {
            form.appendField("client_id", target.client.clientID)
            form.appendField("client_secret", target.client.secret)
        }
        form.appendField("assertion", assertion)
        form.appendField("scope", target.scopes)
        form.appendField("requested_token_use", "on_behalf_of")
        for parameter in target.parameters { form.appendField(parameter.name, parameter.value) }
        if let claims { form.appendField("claims", claims) }
        form.withSpan { buffer.append($0) }
    }

    /// Appends the request's own header fields, each with its line end; `Host` and `Content-Length` are the sender's.
    package func appendFields(to buffer: ByteBuffer) {
        buffer.append("Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n")
        // Tells Entra that Retry-After and throttling answers are understood.
        buffer.append("x-ms-lib-capability: retry-after, h429\r\n")
        if let requestID {
            buffer.append("client-request-id: ")
            buffer.append(string: requestID)
            buffer.append("\r\nreturn-client-request-id: true\r\n")
        }
        if target.client.placement == .basic { appendAuthorization(to: buffer) }
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined, or a `:` in the id would move the border.
    private func appendAuthorization(to buffer: ByteBuffer) {
        let pair = ByteBuffer()
        pair.appendFormEncoded(target.client.clientID.utf8.span)
        pair.append(byte: UInt8(ascii: ":"))
        unsafe target.client.secret.withBytes {
            pair.appendFormEncoded(unsafe $0.assumingMemoryBound(to: UInt8.self).span)
        }
        buffer.append("Authorization: Basic ")
        pair.withSpan { buffer.appendBase64($0) }
        buffer.append("\r\n")
    }

    /// A fixed text.
    package var description: String { "[exchange request]" }
    /// A fixed text.
    package var debugDescription: String { description }
    /// No children, so that `dump` shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    /// Whether this is a short run of ASCII letters, digits and hyphens, as UUIDs are.
    var isPlainID: Bool {
        1...64 ~= utf8.count
            && utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == UInt8(ascii: "-") }
    }
}
