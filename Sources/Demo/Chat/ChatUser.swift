internal import JSON

/// One user of the chat, as its server knows them.
struct ChatUser: Sendable {
    let name: String
    var token: String
    var session: String?

    /// Whom the chat server's own token is for.
    var audience: String { TokenCheck.unverifiedClaims(of: token)?["aud"]?.string ?? "nobody" }
}

/// What the tool `whoami` answered.
struct WhoAmI {
    let user: String?
    let audience: String?
    let text: String

    init(_ answer: JSON) {
        let result = answer["result"]
        user = result?["structuredContent"]?["user"]?.string
        audience = result?["structuredContent"]?["audience"]?.string
        text = result?["content"]?.array?.first?["text"]?.string ?? "(nothing)"
    }

    static func request(id: Int64) -> JSON {
        RPC.request("tools/call", id: id, .object(["name": .string(Tool.whoami.rawValue), "arguments": .object([:])]))
    }
}
