/// Minted tokens.
package struct CacheSettings: Hashable, Sendable {
    /// Tokens held at most.
    package internal(set) var maxEntries = 0
    /// How long before its end a token is no longer used.
    package internal(set) var earlyExpiry = Duration.zero
    /// How long a rejection is remembered.
    package internal(set) var negativeTTL = Duration.zero
    /// What happens to a minted token when the user's ends first.
    package internal(set) var afterUserTokenExpiry = AfterUserTokenExpiry.refuse
}

/// What happens to a minted token when the user's ends first.
package enum AfterUserTokenExpiry: String, CaseIterable, Sendable {
    /// It ends with it: what was revoked by letting the sign-in run out is revoked here too.
    case refuse
    /// It serves requests with that same user token until its own end; nothing new is minted.
    case serve
}

/// Bounds on what one client can take.
package struct LimitSettings: Hashable, Sendable {
    /// Bytes of a request's head.
    package internal(set) var headerBytes = 0
    /// Bytes of a request's body.
    package internal(set) var bodyBytes = 0
    /// Client connections of the whole process.
    package internal(set) var connections = 0
    /// Requests of one user; a count of 0 is no limit.
    package internal(set) var requestsPerUser = RequestRate(0, per: .second)
}

/// How long to wait.
package struct TimeoutSettings: Hashable, Sendable {
    /// For a whole request head.
    package internal(set) var header = Duration.zero
    /// For the next part of a request body.
    package internal(set) var body = Duration.zero
    /// For the next request on an open connection.
    package internal(set) var idle = Duration.zero
    /// For an upstream connection, TLS included.
    package internal(set) var connect = Duration.zero
    /// For an upstream response's head.
    package internal(set) var response = Duration.zero
    /// For the next byte of an upstream body or event stream.
    package internal(set) var streamIdle = Duration.zero
    /// Between comments that keep an idle event stream open.
    package internal(set) var sseKeepalive = Duration.zero
    /// For requests in flight after SIGTERM.
    package internal(set) var shutdown = Duration.zero
}
