internal import Bytes
package import JSON

/// The claims that a server demands in a 401's `WWW-Authenticate`, as Microsoft's continuous access evaluation writes
/// them: `Bearer … error="insufficient_claims", claims="<base64 of JSON>"`.
package struct ClaimsChallenge: Sendable, Equatable {
    /// The demanded claims request (OpenID Connect Core §5.5).
    package let claims: JSON.Object

    /// The longest field that is looked at, and the longest claims, in bytes.
    static let longest = 8 << 10

    /// - Parameter field: one `WWW-Authenticate` value (RFC 9110 §11.6.1).
    /// - Returns: nil without a readable claims challenge; then the 401 is an ordinary one.
    package init?(_ field: Span<UInt8>) {
        guard field.count <= Self.longest else { return nil }
        var parameters: [String: String] = [:]
        var rest = AuthParameters(field)
        while let (name, value) = rest.next() {
            // Of two of a name neither is the one.
            guard parameters.updateValue(value, forKey: name.lowercased()) == nil else { return nil }
        }
        guard parameters["error"] == "insufficient_claims", let text = parameters["claims"],
            let bytes = Self.decode(text),
            case .object(let claims)? = try? JSON.parse(bytes.span, limits: .init(depth: 8, bytes: Self.longest))
        else { return nil }
        self.claims = claims
    }

    /// Base64 with either alphabet, padded or not: all four are seen.
    private static func decode(_ text: String) -> [UInt8]? {
        let plain = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed().map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        return Base64URL.decode(plain.span)
    }
}

/// The `name=value` pairs of a challenge whose scheme is Bearer.
private struct AuthParameters {
    private var rest: ArraySlice<UInt8>

    init(_ field: Span<UInt8>) {
        rest = field.indices.map { field[$0] }[...]
        skipSeparators()
        if word().lowercased() != "bearer" { rest = [] }
    }

    mutating func next() -> (String, String)? {
        skipSeparators()
        let name = word()
        // A second challenge begins with its scheme, which no `=` follows.
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return nil }
        return (name, rest.first == UInt8(ascii: "\"") ? quoted() : word(unquoted: true))
    }

    private mutating func skipSeparators() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: ",") }
    }

    /// - Parameter unquoted: whether it is a value, where base64's padding may stand without quotes.
    private mutating func word(unquoted: Bool = false) -> String {
        let word = rest.prefix {
            0x21...0x7e ~= $0 && $0 != UInt8(ascii: ",") && (unquoted || $0 != UInt8(ascii: "="))
        }
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    /// RFC 9110 §5.6.4; an end without a closing quote ends the value.
    private mutating func quoted() -> String {
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte != UInt8(ascii: "\\") {
                value.append(byte)
            } else if let next = rest.popFirst() {
                value.append(next)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }
}
