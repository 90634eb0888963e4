internal import Configuration
internal import OnBehalfOf

/// How the last exchanges with one provider ended, for whoever asks what is wrong now. By server, since a scope that is
/// wrong for one says nothing of the others.
struct ExchangeHistory: Sendable {
    struct Failure: Sendable {
        /// Seconds since 1970.
        let at: Int
        let server: String
        let fault: ExchangeFault
    }

    /// The last one that minted a token, in seconds since 1970.
    private(set) var lastGood: Int?
    private(set) var lastFailure: Failure?
    /// Servers whose last exchange failed for what is not the user's to mend.
    private(set) var failing: [String: Failure] = [:]

    mutating func note(_ outcome: ExchangeOutcome, for server: String, at now: Int) {
        guard let fault = outcome.fault else {
            lastGood = now
            failing[server] = nil
            return
        }
        let failure = Failure(at: now, server: server, fault: fault)
        lastFailure = failure
        // A provider that refuses a user is well.
        failing[server] = fault.reason.blame == .user ? nil : failure
    }
}

/// What one provider's token endpoint says of itself.
struct ProviderStanding: Sendable {
    let provider: ProviderConfiguration
    /// nil before it was discovered.
    let endpoint: UpstreamURL?
    /// When the credential ends, in seconds since 1970, where that can be known.
    let credentialEnds: Int?
    let history: ExchangeHistory
}
