import JSON
import Testing

@testable import MCP

private let questions: [Question] = [
    .post(envelope(#"{"jsonrpc":"2.0","id":"x\u0041","method":"tools/call"}"#)),
    .post(envelope(#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#)),
    .post(envelope(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)),
    .post(envelope(#"{"jsonrpc":"2.0","id":4,"result":{}}"#)),
    .post(envelope(#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}]"#)),
    .post(.unreadable), .get, .delete, .metadata, .other,
]

private let metadata = "https://chat.example.com/.well-known/oauth-protected-resource/tickets"
private let claims = #"{"access_token":{"acrs":{"essential":true,"value":"c1?>"}}}"#

private func answer(
    _ refusal: Refusal, _ question: Question = .get, _ challenge: BearerChallenge? = nil, retryAfter: UInt64? = nil
) -> Answer {
    refusal.answer(
        to: question, mode: .strict(challenge ?? BearerChallenge(resourceMetadata: metadata)), server: "oauth-tools",
        request: RequestID(bits: 0), retryAfter: retryAfter)
}

extension Answer {
    fileprivate func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    fileprivate func json() throws -> JSON { try JSON.parse(body.span) }
    fileprivate var challenge: String? { field("WWW-Authenticate") }
}

@Suite struct StrictAnswerTests {
    @Test(arguments: Refusal.allCases) func isAlwaysAStatus(_ refusal: Refusal) throws {
        for question in questions {
            let answer = answer(refusal, question)
            #expect(answer.status == (refusal == .missingScope ? 403 : refusal.status))
            #expect(answer.field("Content-Type") == "application/json")
            #expect(Set(answer.fields.map(\.name)).count == answer.fields.count)
            let json = try answer.json()
            #expect(json["jsonrpc"]?.string == "2.0")
            #expect(json["error"]?["message"]?.string == refusal.message)
            #expect(
                json["error"]?["data"]
                    == .object([
                        "reason": .string(refusal.rawValue), "retryable": .bool(refusal.isRetryable),
                        "server": .string("oauth-tools"), "request_id": .string("bbbbbbbbbbbbbbbb"),
                    ]))
        }
    }

    @Test func namesTheCallWhereThereIsOne() throws {
        let ids = try questions.map { try answer(.expiredToken, $0).json()["id"] }
        #expect(ids == [.string("xA"), .integer(1)] + [JSON](repeating: .null, count: questions.count - 2))
        #expect(String(decoding: answer(.expiredToken, questions[0]).body, as: UTF8.self).contains(#""id":"x\u0041""#))
    }

    /// The contract's table of user faults, in RFC 6750's words.
    @Test(arguments: Refusal.allCases) func challengesThoseWhomAnotherTokenWouldHelp(_ refusal: Refusal) {
        let expected: String? =
            switch refusal {
            case .missingToken: #"Bearer resource_metadata="\#(metadata)""#
            case .missingScope: #"Bearer resource_metadata="\#(metadata)", error="insufficient_scope""#
            case .placeholderToken, .malformedToken, .idToken, .appOnlyToken, .invalidSignature, .wrongIssuer,
                .wrongAudience, .expiredToken, .notYetValid, .exchangeRejected, .consentRequired,
                .interactionRequired:
                #"Bearer resource_metadata="\#(metadata)", error="invalid_token""#
            default: nil
            }
        for question in questions { #expect(answer(refusal, question).challenge == expected) }
    }

    /// A probe is told where to sign in, whatever it posts.
    @Test func aProbeIsChallenged() {
        #expect(answer(.missingToken, .post(.unreadable)).status == 401)
        #expect(answer(.missingToken, .post(envelope("{}"))).challenge != nil)
    }

    @Test func namesTheScopeWhereItIsWhatLacks() {
        let challenge = BearerChallenge(resourceMetadata: nil, scope: "access_as_user")
        #expect(
            answer(.missingScope, .get, challenge).challenge
                == #"Bearer error="insufficient_scope", scope="access_as_user""#)
        #expect(answer(.missingToken, .get, challenge).challenge == #"Bearer scope="access_as_user""#)
        #expect(answer(.expiredToken, .get, challenge).challenge == #"Bearer error="invalid_token""#)
    }

    @Test func saysBearerAloneWhereNothingIsKnown() {
        #expect(answer(.missingToken, .get, BearerChallenge(resourceMetadata: nil)).challenge == "Bearer")
    }

    @Test func handsOnTheClaimsThatAreDemanded() {
        let challenge = BearerChallenge(resourceMetadata: metadata, scope: "s", claims: claims)
        let answer = answer(.interactionRequired, questions[0], challenge)
        #expect(answer.status == 401)
        #expect(
            answer.challenge
                == #"Bearer resource_metadata="\#(metadata)", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzE/PiJ9fX0=""#
        )
    }

    /// Claims of another fault, none, and more than a client's header limit bears.
    @Test func keepsClaimsToThemselves() {
        let long = "{\"a\":\"" + String(repeating: "x", count: BearerChallenge.longestClaims) + "\"}"
        for claims in [nil, "", long] {
            let challenge = BearerChallenge(resourceMetadata: nil, claims: claims)
            #expect(answer(.interactionRequired, .get, challenge).challenge == #"Bearer error="invalid_token""#)
        }
        let challenge = BearerChallenge(resourceMetadata: nil, claims: claims)
        for refusal in Refusal.allCases where refusal != .interactionRequired {
            #expect(answer(refusal, .get, challenge).challenge?.contains("claims") != true)
        }
    }

    @Test func quotesWhatWouldEndAValue() {
        #expect(BearerChallenge.quoted(#"a"b\c"#) == #""a\"b\\c""#)
        #expect(BearerChallenge.quoted("a\r\nSet-Cookie: b\u{0}\u{7F}é") == #""aSet-Cookie: b""#)
        #expect(BearerChallenge.quoted("\r\n\r\n") == #""""#)
    }

    @Test(arguments: Refusal.allCases) func saysWhenToComeBack(_ refusal: Refusal) {
        for question in questions {
            #expect(answer(refusal, question).field("Retry-After") == (refusal.isRetryable ? "5" : nil))
        }
        #expect(answer(.breakerOpen, retryAfter: 17).field("Retry-After") == "17")
        #expect(answer(.upstreamUnreachable, retryAfter: 0).field("Retry-After") == "1")
    }

    @Test func namesTheMethods() {
        #expect(answer(.methodNotAllowed, .other).field("Allow") == "POST, GET, DELETE, OPTIONS")
        #expect(answer(.methodNotAllowed, .metadata).field("Allow") == "GET")
    }
}

@Suite struct ResourceMetadataTests {
    @Test func namesWhatIsKnown() throws {
        let answer = ResourceMetadata(
            resource: "https://h/tickets", issuers: ["https://a", "https://b/"], scope: "s", title: "Ti\"ckets"
        ).answer
        #expect(answer.status == 200)
        #expect(answer.field("Content-Type") == "application/json")
        #expect(answer.field("Cache-Control") == "no-store")
        #expect(
            try answer.json()
                == .object([
                    "resource": .string("https://h/tickets"),
                    "authorization_servers": .array([.string("https://a"), .string("https://b/")]),
                    "scopes_supported": .array([.string("s")]),
                    "bearer_methods_supported": .array([.string("header")]), "resource_name": .string("Ti\"ckets"),
                ]))
    }

    /// RFC 9728 §3.2: a member without a value is left out.
    @Test func leavesOutWhatIsNot() throws {
        let answer = ResourceMetadata(resource: "https://h/t", issuers: [], scope: nil, title: nil).answer
        #expect(
            try answer.json()
                == .object([
                    "resource": .string("https://h/t"), "bearer_methods_supported": .array([.string("header")]),
                ]))
    }
}
