package import Bytes
internal import JSON

/// A token endpoint's answer, read to a token or to a reason.
package enum ExchangeResponse {
    /// What counts of the answer's head.
    package struct Head: Sendable {
        package var status: Int
        package var contentType: String?
        package var retryAfter: String?

        package init(status: Int, contentType: String?, retryAfter: String? = nil) {
            self.status = status
            self.contentType = contentType
            self.retryAfter = retryAfter
        }
    }

    /// How long a token lives whose response does not say, in seconds.
    static let defaultLifetime: Int64 = 300
    /// The longest life that is believed, in seconds: a provider's slip must not make a token immortal.
    static let longestLifetime: Int64 = 7 * 86_400
    /// The longest token that is taken, in bytes; upstreams refuse such heads anyway.
    static let longestToken = 32 << 10

    /// - Parameters:
    ///   - grant: what was asked with.
    ///   - subject: the user's token. A provider that hands it back has minted nothing, and forwarding it would
    ///     give the user's own token to the upstream.
    ///   - now: milliseconds of the monotonic clock.
    ///   - wallClock: seconds since 1970, for a `Retry-After` that is a date.
    package static func read(
        _ head: Head, body: Span<UInt8>, grant: Grant, subject: Secret, now: UInt64, wallClock: Int64
    ) -> ExchangeOutcome {
        let json = head.contentType.map(isJSON) == true ? parse(body) : nil
        guard 200...299 ~= head.status else { return .failed(fault(head, json, grant, wallClock: wallClock)) }
        guard let json, isIssuedAs(json, grant), let token = token(json, subject: subject, now: now) else {
            return .failed(describe(ExchangeFault(.invalidExchangeResponse, status: head.status), json))
        }
        return .minted(token)
    }

    private static func parse(_ body: Span<UInt8>) -> JSON? {
        do { return try JSON.parse(body, limits: JSON.Limits(depth: 16, bytes: 1 << 20, values: 10_000)) } catch {
            return nil
        }
    }

    /// `application/json`, or another type on top of it (RFC 6839 §3.1).
    private static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased()
        let bare = String(type.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" })
        return bare == "application/json" || (bare.hasPrefix("application/") && bare.hasSuffix("+json"))
    }

    // MARK: Success

    /// RFC 6749 §5.1: all of it or nothing. A refresh token is not even looked at.
    private static func token(_ body: JSON, subject: Secret, now: UInt64) -> MintedToken? {
        guard body["token_type"]?.string?.lowercased() == "bearer", body["error"] == nil,
            let text = body["access_token"]?.string, 1...longestToken ~= text.utf8.count,
            // A CR or LF in a token would end the field and begin the attacker's own.
            text.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return nil }
        let secret = Secret(text)
        guard !isSame(secret, subject) else { return nil }
        let seconds = min(max(lifetime(body["expires_in"], otherwise: defaultLifetime), 0), longestLifetime)
        let advice = body["refresh_in"].map { min(max(lifetime($0, otherwise: 0), 0), longestLifetime) }
        return MintedToken(
            secret: secret, receivedAt: now, lifetime: UInt64(seconds) &* 1000,
            refreshIn: advice.map { UInt64($0) &* 1000 })
    }

    /// RFC 8693 §2.2.1: the response says what was issued. A refresh or ID token is none that a server may get.
    private static func isIssuedAs(_ body: JSON, _ grant: Grant) -> Bool {
        guard case .tokenExchange(_, let requested) = grant else { return true }
        guard let issued = body["issued_token_type"]?.string else { return false }
        return (requested.map { [$0] } ?? TokenType.allCases).contains { $0.identifier == issued }
    }

    /// Seconds; a fraction is cut off. Some providers write the number as a string.
    private static func lifetime(_ value: JSON?, otherwise: Int64) -> Int64 {
        switch value {
        case .number: break
        case .string(let text):
            guard let number = parse(text.utf8.span), case .number = number else { return otherwise }
            return lifetime(number, otherwise: otherwise)
        default: return otherwise
        }
        guard let value, let seconds = value.double else { return otherwise }
        if let exact = value.integer { return exact }
        // Only fractions and what is beyond 64 bits come here.
        return seconds >= Double(longestLifetime) ? longestLifetime : seconds <= 0 ? 0 : Int64(seconds)
    }

    private static func isSame(_ a: Secret, _ b: Secret) -> Bool {
        unsafe a.withBytes { left in
            unsafe b.withBytes { right in
                unsafe left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
            }
        }
    }

    // MARK: Failure

    private static func fault(_ head: Head, _ body: JSON?, _ grant: Grant, wallClock: Int64) -> ExchangeFault {
        let codes = ErrorFields.codes(body)
        let reason = ErrorTaxonomy.reason(status: head.status, body, codes: codes, grant)
        var fault = ExchangeFault(reason, status: head.status)
        fault.retryAfter = head.retryAfter.flatMap { RetryAfter.milliseconds($0, wallClock: wallClock) }
        // What passes by itself and what somebody must act on are never one category's.
        if let category = EntraCategory.of(codes), category.row.reason.isRetryable == reason.isRetryable {
            fault.category = category
        }
        if reason == .interactionRequired { fault.claims = ErrorFields.claims(body?["claims"]) }
        return describe(fault, body)
    }

    /// Adds what the operator may read.
    private static func describe(_ fault: ExchangeFault, _ body: JSON?) -> ExchangeFault {
        var fault = fault
        fault.codes = ErrorFields.codes(body)
        fault.error = ErrorFields.code(body?["error"])
        fault.suberror = ErrorFields.code(body?["suberror"])
        fault.correlationID = ErrorFields.id(body?["correlation_id"])
        fault.traceID = ErrorFields.id(body?["trace_id"])
        return fault
    }
}
