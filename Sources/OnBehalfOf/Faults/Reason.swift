extension ExchangeFault {
    /// The refusal's reason; the raw values are what clients, logs and metrics see.
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

        /// Whose it is to act.
        package var blame: Blame { row.blame }

        /// Whether another attempt may succeed without anybody's doing.
        package var isRetryable: Bool { blame == .outage }

        /// Whether it is the provider's considered verdict on this user, client or scope, which asking again at
        /// once would not change. Outages and unreadable answers are no verdict and are never remembered.
        package var isVerdict: Bool { blame != .outage && self != .invalidExchangeResponse }
    }

    /// Whose it is to act.
    package enum Blame: String, Sendable {
        case user
        case configuration
        /// Nobody's here: it passes, or the provider's own people act.
        case outage
    }

    /// What may change the provider's mind.
    package enum Retry: Sendable {
        /// Nothing that the proxy can do.
        case never
        /// The same request, once more after a pause.
        case once
        /// The same request with the client's credential read or signed anew, once.
        case withFreshCredential
        /// Only leaving the provider alone: every further request prolongs it.
        case afterSilence
    }
}

extension ExchangeFault.Reason {
    struct Row: Sendable {
        let blame: ExchangeFault.Blame
        let retry: ExchangeFault.Retry
        /// For the operator, where no category knows better.
        let advice: String

        init(_ blame: ExchangeFault.Blame, _ retry: ExchangeFault.Retry, _ advice: String) {
            (self.blame, self.retry, self.advice) = (blame, retry, advice)
        }
    }

    var row: Row {
        switch self {
        case .exchangeRejected:
            Row(
                .user, .never,
                "The provider refused this user's token: compare its audience with client_id, and look the ids of this line up in the provider's sign-in log."
            )
        case .consentRequired:
            Row(
                .user, .never,
                "Grant consent for this server's scopes to the proxy's client, at best as an administrator for all users."
            )
        case .interactionRequired:
            Row(
                .user, .never,
                "The provider wants the user to sign in again with a further step; if signing in does not end it, review the policies on this server's application."
            )
        case .scopeMisconfigured:
            Row(
                .configuration, .never,
                "Compare this server's obo.scopes with what its application exposes; all of them must belong to one resource."
            )
        case .clientRejected:
            Row(
                .configuration, .withFreshCredential,
                "Compare client_id and its credential with the client's registration at the provider, and that the registration may use this grant."
            )
        case .grantUnsupported:
            Row(
                .configuration, .never,
                "The provider does not take this kind of request here: compare exchange.grant and exchange.parameters with what the client's registration allows; DPoP must not be demanded."
            )
        case .invalidExchangeResponse:
            Row(
                .configuration, .never,
                "What answered is no token endpoint: compare exchange.token_endpoint, and look for a gateway or a sign-in page in between."
            )
        case .exchangeUnavailable:
            Row(
                .outage, .once,
                "The provider fails or cannot be reached: see its status page, then name resolution, firewall and exchange.ca_file on the way there."
            )
        case .exchangeTimeout:
            Row(
                .outage, .once,
                "The provider did not answer within exchange.timeout: see its status page and the network on the way there."
            )
        case .exchangeThrottled:
            Row(
                .outage, .once,
                "The provider limits this client: look for a burst of distinct user tokens, and ask the provider for a higher limit."
            )
        case .breakerOpen:
            Row(
                .outage, .never,
                "The provider failed five times in a row and is being left alone; the exchanges before this one say why."
            )
        case .overloaded:
            Row(
                .outage, .never,
                "More exchanges wait than may: the provider is slow, or exchange.max_connections is small."
            )
        }
    }
}
