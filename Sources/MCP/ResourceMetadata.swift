internal import Bytes
internal import JSON

/// What a strict server tells clients that look for where to sign in (RFC 9728 §2).
package struct ResourceMetadata: Sendable, Equatable {
    /// What stands between the host and the path of a server's URL in its metadata's (RFC 9728 §3).
    package static let path = "/.well-known/oauth-protected-resource"

    /// The URL that clients use, letter by letter: they compare (RFC 9728 §3.3).
    private let resource: String
    private let issuers: [String]
    private let scope: String?
    private let title: String?

    /// - Parameters:
    ///   - issuers: who signs the user tokens.
    ///   - scope: what the user token must hold; not what is minted for the server behind, which clients never see.
    ///   - title: the server's name for people.
    package init(resource: String, issuers: [String], scope: String?, title: String?) {
        self.resource = resource
        self.issuers = issuers
        self.scope = scope
        self.title = title
    }

    /// The document. Not to be kept: the URL in it may be the one that this very client came by.
    package var answer: Answer {
        var document: JSON.Object = ["resource": .string(resource)]
        if !issuers.isEmpty { document["authorization_servers"] = .array(issuers.map { .string($0) }) }
        if let scope { document["scopes_supported"] = .array([.string(scope)]) }
        document["bearer_methods_supported"] = .array([.string("header")])
        if let title { document["resource_name"] = .string(title) }
        let fields = [
            Answer.Field(name: "Content-Type", value: "application/json"),
            Answer.Field(name: "Cache-Control", value: "no-store"),
        ]
        return Answer(status: 200, fields: fields, body: JSON.object(document).bytes, closes: false)
    }
}
