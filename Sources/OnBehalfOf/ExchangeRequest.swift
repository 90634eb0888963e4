package import Bytes

/// One request to a token endpoint: the user's token, what is asked for with it, and who asks.
///
/// It holds the user's token and the client's proof, so every description is a fixed text.
package struct ExchangeRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let target: ExchangeTarget
    private let subject: Secret
    private let proof: ClientProof
    private let claims: String?
    private let requestID: String?

    /// - Parameters:
    ///   - subject: the user's token, as it was received.
    ///   - claims: the JSON text of a claims request; sent as it is, form-encoded.
    ///   - requestID: a UUID for `client-request-id`, by which the provider's support finds this request;
    ///     left out when it holds anything but letters, digits and hyphens.
    package init(
        target: ExchangeTarget, subject: Secret, proof: ClientProof, claims: String? = nil, requestID: String? = nil
    ) {
        self.target = target
        self.subject = subject
        self.proof = proof
        self.claims = claims
        self.requestID = requestID.flatMap { $0.isPlainID ? $0 : nil }
    }

    /// Appends the form body. The buffer then holds secrets: consume it by sending, and log nothing of it.
    package func appendBody(to buffer: ByteBuffer) {
        let form = ByteBuffer(capacity: subject.count &+ 1024)
        form.appendField("grant_type", target.grant.type)
        appendProof(to: form)
        appendGrant(to: form)
        for parameter in target.parameters { form.appendField(parameter.name, parameter.value) }
        if let claims { form.appendField("claims", claims) }
        form.withSpan { buffer.append($0) }
    }

    private func appendProof(to form: ByteBuffer) {
        switch proof {
        case .secret(_, .basic): return
        case .secret(let secret, .post):
            form.appendField("client_id", target.clientID)
            form.appendField("client_secret", secret)
        case .assertion(let assertion):
            form.appendField("client_id", target.clientID)
            form.appendField("client_assertion_type", ClientProof.assertionType)
            form.appendField("client_assertion", assertion)
        case .certificate: form.appendField("client_id", target.clientID)
        }
    }

    private func appendGrant(to form: ByteBuffer) {
        switch target.grant {
        case .jwtBearer:
            form.appendField("assertion", subject)
            form.appendField("scope", target.scopes)
            form.appendField("requested_token_use", "on_behalf_of")
        case .tokenExchange(let type, let requested):
            form.appendField("subject_token", subject)
            form.appendField("subject_token_type", type.identifier)
            if let requested { form.appendField("requested_token_type", requested.identifier) }
            form.appendField("scope", target.scopes)
        }
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
        if case .secret(let secret, .basic) = proof { appendAuthorization(secret, to: buffer) }
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined, or a `:` in the id would move the border.
    private func appendAuthorization(_ secret: Secret, to buffer: ByteBuffer) {
        let pair = ByteBuffer()
        pair.appendFormEncoded(target.clientID.utf8.span)
        pair.append(byte: UInt8(ascii: ":"))
        unsafe secret.withBytes {
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
