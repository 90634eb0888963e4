import Bytes
import JSON
import OnBehalfOf

/// The laws of a token endpoint's answers.
enum AnswerLaws {
    private static let longestLife: UInt64 = 7 * 86_400_000
    private static let now: UInt64 = 5_000_000
    private static let grants = [
        Grant.jwtBearer, .tokenExchange(subject: .accessToken, requested: nil),
        .tokenExchange(subject: .jwt, requested: .jwt),
    ]

    static func firstBroken(by bytes: [UInt8]) -> StaticString? {
        let tree = OnBehalfOfLaws.parse(bytes)
        for grant in grants {
            for status in [200, 302, 400, 401, 503] {
                let outcome = read(bytes, status, grant)
                if !isSilent(outcome) { return "a printed outcome holds something of the answer" }
                let broken: StaticString?
                switch outcome {
                case .minted(let token): broken = status == 200 ? mintedLaw(token, tree, grant) : "an error mints"
                case .failed(let fault): broken = faultLaw(fault, status)
                }
                if let broken { return broken }
            }
        }
        return nil
    }

    private static func read(_ bytes: [UInt8], _ status: Int, _ grant: Grant) -> ExchangeOutcome {
        ExchangeResponse.read(
            .init(status: status, contentType: "application/json"), body: bytes.span, grant: grant,
            subject: Secret("user-token"), now: now, wallClock: 1_800_000_000)
    }

    /// What is printed says how it ended and nothing else.
    private static func isSilent(_ outcome: ExchangeOutcome) -> Bool {
        switch outcome {
        case .minted(let token): "\(token)" == "[minted token]" && Mirror(reflecting: token).children.isEmpty
        case .failed(let fault): "\(fault)" == fault.reason.rawValue && Mirror(reflecting: fault).children.isEmpty
        }
    }

    /// The token is the body's, fit for a header field, not the user's own, and lives no longer than is believed.
    private static func mintedLaw(_ token: MintedToken, _ tree: JSON?, _ grant: Grant) -> StaticString? {
        guard let tree, let text = tree["access_token"]?.string, token.isExactly(text), text != "user-token",
            !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return "a token is minted from nothing" }
        guard tree["error"] == nil, tree["token_type"]?.string?.lowercased() == "bearer" else {
            return "an answer that is no success mints"
        }
        guard token.lifetime <= longestLife, token.receivedAt == now else { return "a token lives too long" }
        if let advice = token.refreshIn, !(0 < advice && advice < token.lifetime) { return "advice beyond a life" }
        guard case .minted(let again) = read(tree.bytes, 200, grant), again.isExactly(text),
            again.lifetime == token.lifetime, again.refreshIn == token.refreshIn
        else { return "an answer does not come back" }
        return nil
    }

    /// What goes into the log and into a header field is clean and bounded.
    private static func faultLaw(_ fault: ExchangeFault, _ status: Int) -> StaticString? {
        guard fault.status == status, fault.codes.count <= 8 else { return "a fault without bounds" }
        for code in [fault.error, fault.suberror].compactMap(\.self) {
            let isClean = code.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == 95 }
            guard isClean, 1...64 ~= code.utf8.count else { return "prose goes into the log" }
        }
        for id in [fault.correlationID, fault.traceID].compactMap(\.self) {
            guard id.utf8.count == 36, id.utf8.allSatisfy({ $0 == 45 || $0 &- 48 < 10 || ($0 | 32) &- 97 < 6 }) else {
                return "an id goes into the log that is none"
            }
        }
        guard let claims = fault.claims else { return nil }
        let limits = JSON.Limits(depth: 16, bytes: 8 << 10, values: 1000)
        let isObject = OnBehalfOfLaws.parse(Array(claims.utf8), limits)?.object != nil
        return isObject && status != 200 ? nil : "claims are demanded that are none"
    }
}

extension MintedToken {
    fileprivate func isExactly(_ text: String) -> Bool {
        withSpan { bytes in equalInConstantTime(bytes, text.utf8.span) }
    }
}
