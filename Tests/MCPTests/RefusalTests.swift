import JSON
import Testing

@testable import MCP

@Suite struct RefusalTests {
    /// The contract's table, written out a second time.
    static let contract: [(Refusal.Fault, Int, [String])] = [
        (
            .user, 401,
            [
                "missing_token", "placeholder_token", "malformed_token", "id_token", "app_only_token",
                "invalid_signature", "wrong_issuer", "wrong_audience", "expired_token", "not_yet_valid",
                "missing_scope", "exchange_rejected", "consent_required", "interaction_required",
            ]
        ),
        (
            .configuration, 500,
            ["scope_misconfigured", "client_rejected", "grant_unsupported", "invalid_exchange_response"]
        ),
        (
            .outage, 503,
            [
                "exchange_unavailable", "exchange_timeout", "exchange_throttled", "breaker_open", "keys_unavailable",
                "overloaded", "draining",
            ]
        ),
        (.outage, 502, ["upstream_unreachable", "upstream_protocol"]), (.outage, 504, ["upstream_timeout"]),
        (.upstreamVerdict, 502, ["upstream_rejected_token"]), (.request, 400, ["bad_request"]),
        (.request, 403, ["bad_sidecar_key", "bad_origin", "tool_not_allowed"]),
        (.request, 404, ["unknown_server", "session_mismatch"]), (.request, 405, ["method_not_allowed"]),
        (.request, 503, ["rate_limited"]), (.request, 413, ["body_too_large"]), (.request, 431, ["header_too_large"]),
    ]

    @Test func isTheContractsTable() throws {
        for (fault, status, reasons) in Self.contract {
            for reason in reasons {
                let refusal = try #require(Refusal(rawValue: reason))
                #expect(refusal.fault == fault)
                #expect(refusal.status == status)
            }
        }
        #expect(Set(Self.contract.flatMap(\.2)) == Set(Refusal.allCases.map(\.rawValue)))
    }

    @Test(arguments: Refusal.allCases) func isRetryableForOutagesAndLimits(_ refusal: Refusal) {
        #expect(refusal.isRetryable == (refusal.fault == .outage || refusal == .rateLimited))
    }

    @Test(arguments: Refusal.allCases) func saysWhatHappenedAndWhatToDo(_ refusal: Refusal) {
        for sentence in [refusal.row.happened, refusal.row.advice] {
            #expect(sentence.hasSuffix("."))
            #expect(sentence.first?.isUppercase == true)
            #expect(!sentence.dropLast().contains { ".!?:\n".contains($0) }, "one sentence")
            #expect(sentence.split(separator: " ").count >= 3)
        }
        #expect(refusal.message.allSatisfy { $0.isASCII && !$0.isNewline })
        #expect(Refusal.allCases.filter { $0.row.happened == refusal.row.happened } == [refusal])
    }

    /// The contract's list, and what LibreChat looks for besides.
    @Test(arguments: Refusal.allCases) func avoidsWhatClientsMatchOn(_ refusal: Refusal) {
        let banned = [
            "401", "403", "429", "OAuth", "authentication", "unauthorized", "invalid_grant", "invalid_token",
            "insufficient_scope", "no authorization", "rate limit", "too many requests", "forbidden",
        ]
        for text in [refusal.message, refusal.rawValue, "\(Refusal.code)"] {
            for word in banned { #expect(!text.lowercased().contains(word.lowercased())) }
        }
    }
}

@Suite struct RequestIDTests {
    @Test func isLettersThatSpellNothing() {
        #expect(RequestID(bits: 0).description == "bbbbbbbbbbbbbbbb")
        #expect(RequestID(bits: 0x0123_4567_89ab_cdef).description == "bcdfghjkmnprstvx")
        var random = Seeded(1)
        for _ in 0..<100 {
            let text = RequestID(bits: random.next()).description
            #expect(text.utf8.count == 16)
            #expect(text.allSatisfy { $0.isLetter && !"aeiouy".contains($0) })
        }
    }

    @Test func differsByBits() { #expect(RequestID(bits: 1).description != RequestID(bits: 2).description) }
}
