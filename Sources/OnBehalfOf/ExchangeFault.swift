/// Why there is no minted token. Holds what an operator may see in the audit log, cleaned and bounded, and nothing
/// of the token, the assertion or the provider's prose.
package struct ExchangeFault: Error, Sendable, Equatable {
    /// The refusal's reason; the raw values are the contract's spellings.
    package enum Reason: String, Sendable, CaseIterable {
        case exchangeRejected = "exchange_rejected"
        case consentRequired = "consent_required"
        case interactionRequired = "interaction_required"
        case scopeMisconfigured = "scope_misconfigured"
        case clientRejected = "client_rejected"
        case grantUnsupported = "grant_unsupported"
        case invalidExchangeResponse = "invalid_exchange_response"
        case exchangeUnavailable = "exchange_unavailable"
        case exchangeTimeout = "exchange_timeout"
        case exchangeThrottled = "exchange_throttled"
        case breakerOpen = "breaker_open"
        case overloaded = "overloaded"

        /// Whether it is the provider's considered verdict on this user, client or scope, which asking again at
        /// once would not change. Outages and unreadable answers are no verdict and are never remembered.
        package var isVerdict: Bool {
            switch self {
            case .exchangeRejected, .consentRequired, .interactionRequired, .scopeMisconfigured, .clientRejected,
                .grantUnsupported:
                true
            case .invalidExchangeResponse, .exchangeUnavailable, .exchangeTimeout, .exchangeThrottled, .breakerOpen,
                .overloaded:
                false
            }
        }

        /// Whether another attempt may succeed without anybody's doing.
        package var isRetryable: Bool {
            switch self {
            case .exchangeUnavailable, .exchangeTimeout, .exchangeThrottled, .breakerOpen, .overloaded: true
            case .exchangeRejected, .consentRequired, .interactionRequired, .scopeMisconfigured, .clientRejected,
                .grantUnsupported, .invalidExchangeResponse:
                false
            }
        }
    }

    package var reason: Reason
    /// What Entra's numbers say beyond the reason, for the operator's advice; nil without a known number.
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
    package var correlationID: String?
    package var traceID: String?
    /// Whether anything was tried at the provider. If not, the fault is ours and says nothing about its health.
    package var wasSent: Bool

    package init(_ reason: Reason, status: Int? = nil, retryAfter: UInt64? = nil) {
        self.reason = reason
        self.status = status
        self.retryAfter = retryAfter
        wasSent = reason != .overloaded && reason != .breakerOpen
    }

    /// No connection to the provider, or one that broke before the answer was whole.
    package static let unreachable = ExchangeFault(.exchangeUnavailable)
    /// No answer within the attempt's time.
    package static let timedOut = ExchangeFault(.exchangeTimeout)

    /// No connection to the provider came free within the exchange's time: the request never left.
    package static let queueTimedOut = ExchangeFault(.overloaded)

    /// A fault that came before anything was tried at the provider.
    package static func unsent(_ reason: Reason) -> ExchangeFault {
        var fault = ExchangeFault(reason)
        fault.wasSent = false
        return fault
    }

    /// Whether a second attempt is worth making: no connection, no answer in time, 429 or 5xx.
    /// Not for a loop that Entra has detected, which every further request prolongs.
    package var isTransient: Bool {
        switch reason {
        case .exchangeUnavailable, .exchangeTimeout, .exchangeThrottled: category != .loop
        default: false
        }
    }

    /// Whether it speaks for a provider that is down: a transport failure or a 5xx.
    package var isOutage: Bool {
        switch reason {
        case .exchangeUnavailable, .exchangeTimeout: wasSent && (status.map { $0 >= 500 } ?? true)
        default: false
        }
    }
}

/// How an exchange ended: with a token or with a reason.
package enum ExchangeOutcome: Sendable {
    case minted(MintedToken)
    case failed(ExchangeFault)
}
