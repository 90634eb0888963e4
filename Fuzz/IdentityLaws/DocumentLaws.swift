import Identity
import JSON

/// The laws of what an issuer publishes.
enum DocumentLaws {
    static func firstBroken(by bytes: [UInt8]) -> StaticString? { keySetLaw(bytes) ?? discoveryLaw(bytes) }

    /// Keys come from the document's own list, never a private one, and are the same when it is written anew.
    private static func keySetLaw(_ bytes: [UInt8]) -> StaticString? {
        guard let set = try? KeySet.parse(bytes.span) else { return nil }
        guard let tree = IdentityLaws.parse(bytes), let listed = tree["keys"]?.array, listed.count <= KeySet.bound
        else { return "a key set is read that is none" }
        let published = listed.filter { $0["kty"]?.string.map { ["RSA", "EC", "OKP"].contains($0) } ?? false }
        guard 1...published.filter({ $0["d"] == nil }).count ~= set.count else { return "a key is of no use" }
        guard let again = try? KeySet.parse(tree.bytes.span), again.count == set.count else {
            return "a key set does not come back"
        }
        return nil
    }

    /// A document speaks for the issuer that was asked, and leads nowhere but over TLS or to this machine.
    private static func discoveryLaw(_ bytes: [UInt8]) -> StaticString? {
        let issuer = "https://id.example"
        guard let found = try? Discovery.parse(bytes.span, issuer: issuer) else { return nil }
        guard let tree = IdentityLaws.parse(bytes), tree["issuer"] == .string(issuer) else {
            return "another issuer's document is read"
        }
        guard (try? Discovery.parse(tree.bytes.span, issuer: issuer)) == found else {
            return "a discovery document does not come back"
        }
        let urls = [found.jwksURI, found.tokenEndpoint, found.mutualTLSTokenEndpoint].compactMap(\.self)
        let safe = ["https://", "http://127.", "http://localhost", "http://[::1]"]
        return urls.allSatisfy { url in safe.contains { url.lowercased().hasPrefix($0) } } ? nil : "a URL leads astray"
    }
}
