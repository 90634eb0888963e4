internal import Bytes

extension Kind where Value == [ConfiguredHeader] {
    /// Request fields that an operator may add: none that carries credentials, frames the message, or is ours to set.
    static var headers: Kind {
        Kind(shape: .map, isRedacted: true) { raw, reading in
            guard case .map(let pairs, _) = raw else { return nil }
            var seen: Set<String> = []
            return pairs.compactMap { name, value -> ConfiguredHeader? in
                let text = value.text ?? ""
                if let message = HeaderRule.complaint(name, text, isNew: seen.insert(name.lowercased()).inserted) {
                    reading.fail(value.origin, "\(shownName(name)): \(message)")
                    return nil
                }
                return ConfiguredHeader(name: name, value: Secret(text))
            }
        }
    }
}

/// Which request fields may be configured.
private enum HeaderRule {
    /// RFC 9110 §7.6.1 and §11.6, and the fields that the proxy or MCP's transport sets.
    static let reserved: Set<String> = [
        "authorization", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "content-type", "content-encoding", "host", "via", "expect", "accept", "accept-encoding",
        "cookie", "origin", "last-event-id",
    ]
    static let reservedPrefixes = ["proxy-", "x-obo-", "mcp-"]

    static func complaint(_ name: String, _ value: String, isNew: Bool) -> String? {
        let lower = name.lowercased()
        let isToken =
            !name.isEmpty
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "!#$%&'*+-.^`|~".utf8.contains($0)
            }
        // Underscores are left out of the token characters: some servers take them for hyphens.
        guard isToken else { return "expected a header name of letters, digits and hyphens" }
        guard !reserved.contains(lower), !reservedPrefixes.contains(where: lower.hasPrefix) else {
            return "this header is set by the proxy or never sent; remove it"
        }
        guard isNew else { return "the same header is already given" }
        let bytes = value.utf8
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }), bytes.first != 0x20, bytes.last != 0x20 else {
            return "expected a header value of visible ASCII characters"
        }
        return nil
    }
}

extension Kind where Value == [FormParameter] {
    /// Form parameters beside those that the exchange itself sends, which an extra one would contradict.
    static var parameters: Kind {
        Kind(shape: .map) { raw, reading in
            guard case .map(let pairs, _) = raw else { return nil }
            return pairs.compactMap { name, value -> FormParameter? in
                guard !reservedParameters.contains(name.lowercased()) else {
                    reading.fail(
                        value.origin, "\(shownName(name)): this parameter is set by the exchange itself; remove it")
                    return nil
                }
                guard let text = value.text, isPrintable(name), isPrintable(text) else {
                    reading.fail(value.origin, "\(shownName(name)): expected a text without control characters")
                    return nil
                }
                return FormParameter(name: name, value: text)
            }
        }
    }
}

/// A name as it may be printed.
private func shownName(_ name: String) -> String { isPrintable(name) && name.count < 40 ? name : "?" }

private let reservedParameters: Set<String> = [
    "grant_type", "assertion", "scope", "requested_token_use", "client_id", "client_secret", "client_assertion",
    "client_assertion_type", "subject_token", "subject_token_type", "requested_token_type", "actor_token",
    "actor_token_type", "claims",
]
