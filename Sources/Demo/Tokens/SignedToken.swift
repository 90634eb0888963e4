internal import Bytes
internal import JSON

/// A JWT in compact form taken apart (RFC 7515 §3.1), of which nothing is believed yet.
struct SignedToken {
    let header: JSON
    let claims: JSON
    /// What the signature covers.
    let signed: [UInt8]
    let signature: [UInt8]

    /// - Returns: nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = SignedToken.json(parts[0]), let claims = SignedToken.json(parts[1]),
            let signature = Base64URL.decode(Array(parts[2].utf8).span)
        else { return nil }
        (self.header, self.claims, self.signature) = (header, claims, signature)
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    private static func json(_ part: Substring) -> JSON? {
        let text = Array(part.utf8)
        guard let bytes = Base64URL.decode(text.span) else { return nil }
        return try? JSON.parse(bytes.span)
    }
}
