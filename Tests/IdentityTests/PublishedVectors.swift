import Bytes
import FoundationEssentials
import JSON
import OpenSSL
import Testing

@testable import Identity

/// Keys and signatures as the RFCs publish them, which `Tests/Interop` checks with another library.
enum PublishedVectors {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpora/jose/published.json")

    /// `.null` when the file cannot be read, which `areAllThere` notices.
    static let document: JSON = {
        guard let data = try? Data(contentsOf: file) else { return .null }
        return (try? JSON.parse([UInt8](data).span)) ?? .null
    }()

    static func members(_ name: String) -> [JSON] { document[name]?.array ?? [] }
    static let signatures = members("signatures").map(PublishedToken.init)
    static let refused = members("refused").map(PublishedToken.init)
    static let keySets = members("keySets").map(PublishedKeys.init)
}

/// A JWS in compact form and the key of its author.
struct PublishedToken: Sendable, CustomTestStringConvertible {
    let source: String
    let algorithm: String
    let key: JSON?
    let token: [UInt8]
    var testDescription: String { source }

    init(_ json: JSON) {
        source = json["source"]?.string ?? ""
        algorithm = json["algorithm"]?.string ?? ""
        key = json["key"]
        token = Array((json["token"]?.string ?? "").utf8)
    }

    /// Header, payload, signature, still in base64url.
    var parts: [[UInt8]] { token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init) }
    /// What the signature covers.
    var signed: [UInt8] { Array(token.prefix(parts[0].count + 1 + parts[1].count)) }
    var signature: [UInt8] {
        let text = parts[2]
        return Base64URL.decode(text.span) ?? []
    }

    func header() throws -> TokenHeader {
        try TokenHeader(#require(object(parts[0])))
    }

    /// Whether a JWT's claims are signed, rather than a text.
    var hasClaims: Bool { object(parts[1]) != nil }

    private func object(_ part: [UInt8]) -> JSON.Object? {
        guard let bytes = Base64URL.decode(part.span) else { return nil }
        return (try? JSON.parse(bytes.span))?.object
    }

    /// The key without what only its author should have.
    func publicKey() throws -> JSON {
        var members = try #require(key?.object)
        for name in ["d", "p", "q", "dp", "dq", "qi"] { members[name] = nil }
        return .object(members)
    }
}

/// Keys of one section, and which of them may check signatures.
struct PublishedKeys: Sendable, CustomTestStringConvertible {
    let source: String
    let keys: [JSON]
    let usable: [Int64]
    var testDescription: String { source }

    init(_ json: JSON) {
        source = json["source"]?.string ?? ""
        keys = json["keys"]?.array ?? []
        usable = json["usable"]?.array?.compactMap(\.integer) ?? []
    }
}
