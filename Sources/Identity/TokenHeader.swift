internal import JSON

/// What a token's header says (RFC 7515 §4.1), as far as it is believed.
struct TokenHeader {
    /// As written; whether it is accepted is the policy's business.
    let algorithm: String
    let keyID: String?
    /// `typ` in lower case, without the prefix `application/` that may be left out.
    let type: String?

    /// Refused by their presence: keys and addresses of keys that the sender chose (RFC 8725 §3.5 and §3.10),
    /// and `crit`, of which no extension is understood here (RFC 7515 §4.1.11); `b64` would be one.
    private static let refused = ["crit", "jku", "jwk", "x5u", "b64", "enc", "zip"]

    /// - Throws: `.malformedToken`.
    init(_ object: JSON.Object) throws(TokenFault) {
        guard !Self.refused.contains(where: { object[$0] != nil }), case .string(let algorithm)? = object["alg"] else {
            throw .malformedToken
        }
        self.algorithm = algorithm
        keyID = try object.text("kid")
        let type = try object.text("typ")?.lowercased()
        self.type = type.map { $0.hasPrefix("application/") ? String($0.dropFirst(12)) : $0 }
    }

    /// Whether the token is declared to be something else than an access token: a logout token, a DPoP proof
    /// (RFC 8725 §3.11).
    var isForAnotherPurpose: Bool {
        guard let type else { return false }
        return type.hasSuffix("+jwt") && type != "at+jwt"
    }
}

extension JSON.Object {
    /// The text of a member, nil without it.
    /// - Throws: `.malformedToken` when it is there and no string.
    func text(_ name: String) throws(TokenFault) -> String? {
        switch self[name] {
        case nil: nil
        case .string(let text)?: text
        default: throw .malformedToken
        }
    }
}
