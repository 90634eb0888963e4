internal import Bytes

/// What a strict server says in `WWW-Authenticate` to whoever has no access (RFC 6750 §3, RFC 9728 §5.1).
package struct BearerChallenge: Sendable, Equatable {
    /// The URL of the server's metadata; nil where nobody knows by which name the client came.
    package var resourceMetadata: String?
    /// What the user token's `scope` must hold; nil for nothing in particular.
    package var scope: String?
    /// The text of a JSON object: what the provider demands of the next sign-in (OpenID Connect Core §5.5).
    package var claims: String?

    package init(resourceMetadata: String?, scope: String? = nil, claims: String? = nil) {
        self.resourceMetadata = resourceMetadata
        self.scope = scope
        self.claims = claims
    }

    /// The longest claims that are passed on, in bytes: in base64 they still fit into the 16 KiB of header that
    /// common clients take.
    static let longestClaims = 8 << 10

    /// The `error` of RFC 6750 §3.1; the last one is Microsoft's, of continuous access evaluation.
    enum Code: String {
        case invalidToken = "invalid_token"
        case insufficientScope = "insufficient_scope"
        case insufficientClaims = "insufficient_claims"
    }

    /// The field's value; nil where no other token would help. Of what others say it holds the claims, and the host
    /// by which the client itself came.
    func value(for refusal: Refusal) -> String? {
        guard refusal.fault == .user else { return nil }
        let claims = claimsParameter
        let code = code(of: refusal, hasClaims: claims != nil)
        // Who came without a token has made no error and is told none, but may be told what to come back with.
        let scope = code == nil || code == .insufficientScope ? scope : nil
        let parameters = [
            ("resource_metadata", resourceMetadata), ("error", code?.rawValue), ("scope", scope),
            ("claims", code == .insufficientClaims ? claims : nil),
        ]
        let written = parameters.compactMap { name, value in value.map { "\(name)=\(Self.quoted($0))" } }
        return written.isEmpty ? "Bearer" : "Bearer " + written.joined(separator: ", ")
    }

    private func code(of refusal: Refusal, hasClaims: Bool) -> Code? {
        switch refusal {
        case .missingToken: nil
        case .missingScope: .insufficientScope
        case .interactionRequired where hasClaims: .insufficientClaims
        default: .invalidToken
        }
    }

    private var claimsParameter: String? {
        guard let claims, 1...Self.longestClaims ~= claims.utf8.count else { return nil }
        let buffer = ByteBuffer()
        buffer.appendBase64(claims.utf8.span)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// RFC 9110 §5.6.4. A byte that has no place there is left out, so that none can end the field.
    static func quoted(_ text: String) -> String {
        var value = "\""
        for scalar in text.unicodeScalars where 0x20...0x7E ~= scalar.value {
            if scalar == "\"" || scalar == "\\" { value.append("\\") }
            value.unicodeScalars.append(scalar)
        }
        return value + "\""
    }
}
