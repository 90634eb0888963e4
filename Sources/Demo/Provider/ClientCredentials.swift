internal import Bytes

/// A client's id and secret (RFC 6749 §2.3.1).
struct ClientCredentials: Equatable {
    let id: String
    let secret: String

    init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// From an `Authorization: Basic` field, where both are form-encoded before the base64.
    /// - Returns: nil without such a field, or for a broken one.
    init?(basic request: SiteRequest) {
        guard let value = request.fields["authorization"], value.hasPrefix("Basic "),
            let text = ClientCredentials.decode(String(value.dropFirst(6)))
        else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let id = FormText.unescape(parts[0]), let secret = FormText.unescape(parts[1]) else {
            return nil
        }
        self.init(id: id, secret: secret)
    }

    /// Ordinary base64 (RFC 4648 §4).
    private static func decode(_ text: String) -> String? {
        let urlSafe: [UInt8] = text.utf8.compactMap { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return Base64URL.decode(urlSafe.span).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
