package import Bytes

/// One upstream MCP server.
package struct ServerConfiguration: Sendable {
    /// `[a-z0-9][a-z0-9_-]{0,62}`; it is served at `/name`.
    package internal(set) var name = ""
    /// Where requests go.
    package internal(set) var url = UpstreamURL.unset
    /// How it is spoken to.
    package internal(set) var transport = Transport.streamableHTTP
    /// Cosmetic.
    package internal(set) var title: String?
    /// Cosmetic.
    package internal(set) var description: String?
    /// Cosmetic.
    package internal(set) var iconPath: String?
    /// What the minted token is for, at least one scope.
    package internal(set) var scopes: [String] = []
    /// Form parameters of this server's exchanges; each replaces the provider's of the same name.
    package internal(set) var parameters: [FormParameter] = []
    /// Whether a minted token that can be read is compared with the user before it is used.
    package internal(set) var checksMinted = true
    /// Whether exchanges declare `cp1`, so that the server may revoke long-lived tokens by a claims challenge.
    package internal(set) var takesChallenges = false
    /// A key of `ProxyConfiguration.providers`.
    package internal(set) var provider = ""
    /// How refusals are answered.
    package internal(set) var errors = RefusalForm.jsonrpc
    /// Which tools may be seen and called.
    package internal(set) var tools = ToolSettings()
    /// Request fields added on the way up.
    package internal(set) var headers: [ConfiguredHeader] = []
    /// Trust anchors for this server beside the system's, PEM.
    package internal(set) var ca: ConfiguredFile?
    /// How long to wait for this server.
    package internal(set) var timeouts = ServerTimeouts()
}

/// How an MCP server is spoken to: the transports whose requests carry a token each.
package enum Transport: String, CaseIterable, Sendable {
    /// MCP 2025-03-26 and later.
    case streamableHTTP = "streamable-http"
    /// HTTP+SSE of MCP 2024-11-05: answers come on a GET's event stream, which says where to post.
    case sse
}

/// How refusals are answered.
package enum RefusalForm: String, CaseIterable, Sendable {
    /// In JSON-RPC where a call waits for an answer.
    case jsonrpc
    /// By HTTP status and challenge (RFC 6750 §3), with metadata of the server (RFC 9728).
    case strict
}

/// Names of tools, in which `*` stands for any characters and `?` for one byte.
package struct ToolSettings: Hashable, Sendable {
    /// nil for all; none for an empty list.
    package internal(set) var allow: [String]?
    /// Whatever `allow` says.
    package internal(set) var deny: [String] = []
}

/// A request field. Its value is often an API key, so it cannot be printed.
package struct ConfiguredHeader: Sendable {
    /// As written; no other header of the server has it in any case.
    package let name: String
    /// Visible ASCII with inner spaces.
    package let value: Secret
}

/// How long to wait for a server; each is the process-wide one unless overridden.
package struct ServerTimeouts: Hashable, Sendable {
    /// For a connection, TLS included.
    package internal(set) var connect = Duration.zero
    /// For a response's head.
    package internal(set) var response = Duration.zero
    /// For the next byte of a body or an event stream.
    package internal(set) var streamIdle = Duration.zero
    /// Between comments that keep an idle event stream open.
    package internal(set) var sseKeepalive = Duration.zero
}
