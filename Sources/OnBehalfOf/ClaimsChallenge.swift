internal import Bytes
package import JSON

/// The claims that a server demands in a 401's `WWW-Authenticate`, as Microsoft's continuous access evaluation writes
/// them: `Bearer … error="insufficient_claims", claims="<base64 of JSON>"`.
package struct ClaimsChallenge: Sendable, Equatable {
    /// The demanded claims request (OpenID Connect Core §5.5).
    package let claims: JSON.Object

    /// The longest field that is looked at, and the longest claims, in bytes.
    static let longest = 8 << 10

    /// - Parameter field: one `WWW-Authenticate` value, which may hold challenges of several schemes (RFC 9110 §11.6.1).
    /// - Returns: nil without a readable claims challenge; then the 401 is an ordinary one.
    package init?(_ field: Span<UInt8>) {
        guard field.count <= Self.longest else { return nil }
        var challenges = AuthChallenges(field)
        while let challenge = challenges.next() {
            guard let claims = Self.claims(in: challenge) else { continue }
            self.claims = claims
            return
        }
        return nil
    }

    private static func claims(in challenge: AuthChallenge) -> JSON.Object? {
        guard challenge.scheme == "bearer", !challenge.isAmbiguous,
            challenge.parameters["error"] == "insufficient_claims", let text = challenge.parameters["claims"],
            let bytes = decode(text),
            case .object(let claims)? = try? JSON.parse(bytes.span, limits: .init(depth: 8, bytes: longest))
        else { return nil }
        return claims
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

/// One scheme with its parameters.
private struct AuthChallenge {
    /// In lower case.
    let scheme: String
    /// By their names in lower case.
    var parameters: [String: String] = [:]
    /// Whether one name came twice: of two neither is the one.
    var isAmbiguous = false
}

/// The challenges of a field. A word that no `=` follows begins one.
private struct AuthChallenges {
    private var rest: ArraySlice<UInt8>

    init(_ field: Span<UInt8>) { rest = field.indices.map { field[$0] }[...] }

    mutating func next() -> AuthChallenge? {
        skip(",")
        let scheme = word()
        guard !scheme.isEmpty else { return nil }
        var challenge = AuthChallenge(scheme: scheme.lowercased())
        while let (name, value) = parameter() {
            let before = challenge.parameters.updateValue(value, forKey: name.lowercased())
            challenge.isAmbiguous = challenge.isAmbiguous || before != nil
        }
        return challenge
    }

    /// The next `name=value`; nil, and nothing taken, where there is none.
    private mutating func parameter() -> (String, String)? {
        let before = rest
        skip(",")
        let name = word()
        skip()
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else {
            rest = before
            return nil
        }
        skip()
        return (name, rest.first == UInt8(ascii: "\"") ? quoted() : word(unquoted: true))
    }

    /// Passes over white space, and over what else separates.
    private mutating func skip(_ separator: Unicode.Scalar = " ") {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: separator) }
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
