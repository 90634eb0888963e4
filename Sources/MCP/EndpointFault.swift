/// Why a server's announcement of where to post (MCP 2024-11-05, `endpoint` event) is not passed on. The stream is
/// broken off then: a client that followed the announcement would carry its user's token past this proxy.
package enum EndpointFault: String, Error, Sendable, CaseIterable {
    /// Another scheme, host or port than the configured one.
    case anotherOrigin = "the endpoint event names another origin than the configured url"
    /// No URL, or one that clients read in different ways.
    case malformed = "the endpoint event holds no URL that every client reads alike"
    /// More than a request line has room for, or an event in front of it that is too long to be held.
    case tooLong = "an event up to the endpoint event is longer than 8 KiB"
    /// The stream goes on and on without it.
    case missing = "no endpoint event among the first 64 KiB of the stream"
    /// Only the first one counts, and clients would follow the last.
    case repeated = "a second endpoint event"
}
