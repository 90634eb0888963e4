package import Bytes

/// Ties session ids to users without a table: what the client gets is the upstream's id, `~`, and half an
/// HMAC-SHA-256 over server, issuer, subject and that id. Another user's id, or a made-up one, does not verify.
package struct SessionKey: Sendable {
    /// Whose session it is.
    package struct Owner: Sendable, Equatable {
        package var server: String
        package var issuer: String
        package var subject: String

        package init(server: String, issuer: String, subject: String) {
            self.server = server
            self.issuer = issuer
            self.subject = subject
        }
    }

    /// The longest upstream id that is taken, in bytes.
    package static let longestID = 8192
    /// 128 bits in base64url.
    static let macLength = 22

    /// HMAC-SHA-256 under one key.
    package typealias Code = @Sendable (Span<UInt8>) -> Digest256

    private let hmac: Code
    private let previous: Code?

    /// - Parameters:
    ///   - hmac: under a key that every replica shares which shall take the ids of the others.
    ///   - previous: under a key whose ids are taken and no longer handed out.
    package init(hmac: @escaping Code, previous: Code? = nil) { (self.hmac, self.previous) = (hmac, previous) }

    /// The id to hand to the client.
    /// - Returns: nil for an upstream id that is empty, too long or not visible ASCII, as MCP requires.
    package func sign(_ id: Span<UInt8>, for owner: Owner) -> [UInt8]? {
        guard Self.isLegal(id) else { return nil }
        var signed: [UInt8] = []
        signed.reserveCapacity(id.count &+ 1 &+ Self.macLength)
        for i in id.indices { signed.append(id[i]) }
        signed.append(UInt8(ascii: "~"))
        signed += proof(of: "session", id, owner)
        return signed
    }

    /// The length of the upstream's id at the front of what the client sent.
    /// - Returns: nil unless it was signed for that owner; how far a forgery was right takes no time to tell.
    package func verify(_ signed: Span<UInt8>, for owner: Owner) -> Int? {
        let length = signed.count &- Self.macLength &- 1
        guard length > 0, signed[length] == UInt8(ascii: "~") else { return nil }
        let id = signed.extracting(0..<length)
        guard Self.isLegal(id) else { return nil }
        return isProof(signed.extracting((length &+ 1)..<signed.count), of: "session", id, owner) ? length : nil
    }

    private static func isLegal(_ id: Span<UInt8>) -> Bool {
        guard 1...longestID ~= id.count else { return false }
        for i in id.indices where !(0x21...0x7e ~= id[i]) { return false }
        return true
    }

    /// Whether one of the keys made it. Time tells at most which key did, and of a forgery nothing.
    func isProof(_ proof: Span<UInt8>, of purpose: String, _ id: Span<UInt8>, _ owner: Owner) -> Bool {
        if equalInConstantTime(proof, mac(hmac, purpose, id, owner).span) { return true }
        guard let previous else { return false }
        return equalInConstantTime(proof, mac(previous, purpose, id, owner).span)
    }

    /// The proof to hand out.
    func proof(of purpose: String, _ id: Span<UInt8>, _ owner: Owner) -> [UInt8] { mac(hmac, purpose, id, owner) }

    private func mac(_ hmac: Code, _ purpose: String, _ id: Span<UInt8>, _ owner: Owner) -> [UInt8] {
        let message = ByteBuffer(capacity: 512)
        // The purpose comes first, so that no other HMAC under this key can pass for a session's; lengths go with
        // every part, or one owner's could be cut to look like another's.
        for part in [purpose, owner.server, owner.issuer, owner.subject] { message.appendPart(part.utf8.span) }
        message.appendPart(id)
        return Base64URL.encode(message.withSpan { hmac($0) }.bytes.span.extracting(0..<16))
    }
}

extension ByteBuffer {
    /// Appends a part and before it its length as four big-endian bytes.
    fileprivate func appendPart(_ part: Span<UInt8>) {
        let count = UInt32(truncatingIfNeeded: part.count)
        for shift in [24, 16, 8, 0] as [UInt32] { append(byte: UInt8(truncatingIfNeeded: count >> shift)) }
        append(part)
    }
}
