internal import Identity
internal import OnBehalfOf

/// What a provider's answers to exchanges show.
enum ExchangeFindings {
    // MARK: The client's credential

    /// The outcome of an exchange whose user token is a forgery: whoever refuses that one has let our credential pass.
    /// - Parameters:
    ///   - server: the one whose scopes the probe asked for.
    ///   - isOnlyJudge: whether user tokens are verified by the provider alone.
    static func credential(
        _ provider: String, server: String, _ outcome: ExchangeOutcome, isOnlyJudge: Bool = false
    ) -> Finding {
        switch outcome {
        case .minted: forged(provider, isOnlyJudge)
        // What was refused here had been minted.
        case .failed(let fault):
            fault.mismatch == nil ? credential(provider, server, fault) : forged(provider, isOnlyJudge)
        }
    }

    /// The client was accepted, and so would anybody be whose token nobody else looks at.
    private static func forged(_ provider: String, _ isOnlyJudge: Bool) -> Finding {
        let detail = "it minted a token for a forged user token"
        guard isOnlyJudge else {
            return Finding(
                .warning, .credential, provider, "accepted, but \(detail)",
                "The provider does not verify what it exchanges. Here only tokens go there that the proxy has verified."
            )
        }
        return Finding(
            .fault, .credential, provider, detail,
            "The provider does not verify what it exchanges. Do not use it before that is mended.")
    }

    /// Whether the refusal is of the forgery, so that the client itself was let through.
    static func isOfTheForgery(_ fault: ExchangeFault) -> Bool {
        switch fault.reason {
        case .exchangeRejected, .interactionRequired, .consentRequired: true
        // Said of a well-formed request, it means the forgery.
        case .grantUnsupported: fault.error == "invalid_request" && fault.category == nil
        default: false
        }
    }

    private static func credential(_ provider: String, _ server: String, _ fault: ExchangeFault) -> Finding {
        switch fault.reason {
        case _ where isOfTheForgery(fault):
            Finding(.good, .credential, provider, "accepted; a forged user token was refused (\(fault.saying))")
        case .scopeMisconfigured:
            Finding(
                .fault, .credential, provider, "accepted, but not the scopes of server \(server): \(fault.saying)",
                fault.operatorAdvice)
        case .clientRejected: Finding(.fault, .credential, provider, fault.saying, fault.operatorAdvice)
        default:
            Finding(.fault, .credential, provider, "could not be tried: \(fault.saying)", fault.operatorAdvice)
        }
    }

    // MARK: A user's exchange

    /// - Parameters:
    ///   - outline: what the minted token says of itself.
    ///   - now: seconds since 1970.
    static func exchange(
        _ server: String, _ outcome: ExchangeOutcome, outline: TokenOutline?, now: Int
    ) -> Finding {
        switch outcome {
        case .minted(let token):
            let life = "minted, for \(Period(seconds: Int(clamping: token.lifetime / 1000)))"
            guard let outline else { return Finding(.good, .exchange, server, "\(life); it is no JWT to look into") }
            return Finding(.good, .exchange, server, "\(life); \(outline.saying(now: now))")
        case .failed(let fault):
            return Finding(.fault, .exchange, server, fault.saying, fault.operatorAdvice)
        }
    }
}

extension ExchangeFault {
    /// What the provider said, as far as it can be quoted.
    var saying: String {
        var parts = [reason.rawValue]
        if let status { parts.append("status \(status)") }
        parts += [error, suberror].compactMap { $0 }
        parts += codes.map { "AADSTS\($0)" }
        if let correlationID { parts.append("correlation id \(correlationID)") }
        if let traceID { parts.append("trace id \(traceID)") }
        return parts.joined(separator: ", ")
    }
}

extension TokenOutline {
    /// The claims that may be shown.
    func saying(now: Int) -> String {
        var parts: [String] = []
        if let issuer { parts.append("iss \(issuer)") }
        parts.append("aud \(audiences.isEmpty ? "none" : audiences.joined(separator: " "))")
        parts.append("scp \(scopes.isEmpty ? "none" : scopes.joined(separator: " "))")
        if let expiresAt {
            let left = expiresAt.saturating(minus: now)
            parts.append(left < 0 ? "exp \(Period(seconds: -left)) ago" : "exp in \(Period(seconds: left))")
        }
        if let version { parts.append("ver \(version)") }
        return parts.joined(separator: ", ")
    }
}

extension Int {
    /// The difference, within half of what an Int holds: claims are any numbers.
    func saturating(minus other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        let most = Int.max / 2
        return overflow ? (self < other ? -most : most) : Swift.min(Swift.max(difference, -most), most)
    }
}
