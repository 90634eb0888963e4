/// Why there is no minted token. Holds what an operator may see in the audit log, cleaned and bounded, and nothing
/// of the token, the assertion or the provider's prose. Its description leaves out what is not for the log.
package struct ExchangeFault: Error, Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package var reason: Reason
    /// What Entra's numbers say beyond the reason; nil without a known number, and where they speak of something
    /// else than the reason does.
    package var category: EntraCategory?
    /// How long the provider asks to be left alone, in milliseconds.
    package var retryAfter: UInt64?
    /// The response's HTTP status; nil when there was none.
    package var status: Int?
    /// The response's `error`, when it looks like an error code.
    package var error: String?
    /// The response's `suberror`, likewise.
    package var suberror: String?
    /// AADSTS numbers, at most eight.
    package var codes: [Int64] = []
    /// What a minted token was refused for: a fixed word for the audit log.
    package var mismatch: String?
    /// The provider's own ids of this exchange, when they are UUIDs.
    package var correlationID: String?
    package var traceID: String?
    /// The claims that the provider demands of the next sign-in: the text of a JSON object, for the caller who can
    /// act on it. Never logged.
    package var claims: String?

    package init(_ reason: Reason, status: Int? = nil, retryAfter: UInt64? = nil) {
        self.reason = reason
        self.status = status
        self.retryAfter = retryAfter
    }

    /// No connection to the provider, or one that broke before the answer was whole.
    package static let unreachable = ExchangeFault(.exchangeUnavailable)
    /// No answer within the attempt's time.
    package static let timedOut = ExchangeFault(.exchangeTimeout)

    /// No connection to the provider came free within the exchange's time: the request never left.
    package static let queueTimedOut = ExchangeFault(.overloaded)

    /// What may change the verdict: the category knows best.
    package var retry: Retry { category?.row.retry ?? reason.row.retry }

    /// Whether the same request may go out again at once.
    package var isTransient: Bool { retry == .once }

    /// Whether it is worth reading the client's credential again, and trying once more if it has changed.
    package var wantsFreshCredential: Bool { retry == .withFreshCredential }

    /// What the operator does about it, in a sentence or two.
    package var operatorAdvice: String {
        mismatch.flatMap { Self.mismatchAdvice[$0] } ?? category?.row.advice ?? reason.row.advice
    }

    /// For an answer that was understood, and a token that must not be used.
    static let mismatchAdvice: [String: String] = [
        "audience":
            "The minted token is for the proxy's own application: obo.scopes must name the server's, not the client's.",
        "user":
            "The minted token names another user than the user token: do not use this provider before that is explained.",
        "expiry": "The minted token has ended before it was used: compare this machine's clock with the provider's.",
    ]

    /// Whether it speaks for a provider that is down: a transport failure or a 5xx.
    package var isOutage: Bool {
        switch reason {
        case .exchangeUnavailable, .exchangeTimeout: status.map { $0 >= 500 } ?? true
        default: false
        }
    }

    /// The reason alone.
    package var description: String { reason.rawValue }
    /// No children, so that `dump` shows no claims.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How an exchange ended: with a token or with a reason.
package enum ExchangeOutcome: Sendable {
    case minted(MintedToken)
    case failed(ExchangeFault)
}
