import Bytes
import JSON
import Testing

@testable import OnBehalfOf

private func challenge(_ field: String) -> String? {
    ClaimsChallenge(field.utf8.span).map { String(decoding: JSON.object($0.claims).bytes, as: UTF8.self) }
}

@Suite struct ClaimsChallengeTests {
    /// `{"a":{"b":1}}`, and `{"a?>":1}`, whose base64 differs between the alphabets.
    @Test(arguments: [
        (#"Bearer error="insufficient_claims", claims="eyJhIjp7ImIiOjF9fQ==""#, #"{"a":{"b":1}}"#),
        (#"Bearer error="insufficient_claims", claims="eyJhIjp7ImIiOjF9fQ""#, #"{"a":{"b":1}}"#),
        (#"bearer realm="", claims="eyJhIjp7ImIiOjF9fQ==", error="insufficient_claims""#, #"{"a":{"b":1}}"#),
        (#"Bearer error=insufficient_claims,claims=eyJhIjp7ImIiOjF9fQ=="#, #"{"a":{"b":1}}"#),
        (#"Bearer error="insufficient_claims",claims="eyJhPz4iOjF9""#, #"{"a?>":1}"#),
        (#"Bearer realm="a \"quoted\", text", error="insufficient_claims", claims="e30=""#, "{}"),
        (#"Bearer error="insufficient_claims", claims="e30=", Basic realm="x""#, "{}"),
        (#"DPoP algs="ES256", Bearer error="insufficient_claims", claims="e30=""#, "{}"),
        (#"Basic realm="x, Bearer y", Bearer error="insufficient_claims", claims="e30=""#, "{}"),
        (#"Negotiate, Bearer error="insufficient_claims", claims="e30=""#, "{}"),
        (#"Negotiate YWJj==, Bearer error="insufficient_claims", claims="e30=""#, "{}"),
        (#"Bearer realm="a", Bearer error="insufficient_claims", claims="e30=""#, "{}"),
        ("Bearer error = \"insufficient_claims\" ,\tclaims\t=\t\"e30=\"", "{}"),
    ])
    func reads(_ field: String, _ claims: String) {
        #expect(challenge(field) == claims)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ,,,", "Bearer =", #"Bearer error="invalid_token""#, #"Bearer claims="e30=""#,
        #"Bearer error="insufficient_claims""#, #"Bearer error="insufficient_claims", claims="""#,
        #"Bearer error="insufficient_claims", claims="W10=""#, #"Bearer error="insufficient_claims", claims="!""#,
        #"Bearer error="insufficient_claims", claims="eyJhIjoxLCJhIjoyfQ==""#,
        #"Bearer error="insufficient_claims", claims="e30=", claims="e30=""#,
        #"Basic error="insufficient_claims", claims="e30=""#, #"Bearer error="insufficient_claims"#,
        #"Bearer error="\"#, #"Bearer error="insufficient_claims", claims="\"#,
    ])
    func findsNoneElsewhere(_ field: String) {
        #expect(challenge(field) == nil)
    }

    @Test func doesNotReadWithoutEnd() {
        let long = String(repeating: "A", count: 8192)
        #expect(challenge("Bearer error=\"insufficient_claims\", claims=\"\(long)\"") == nil)
    }
}

@Suite struct ClaimsRequestTests {
    private func text(_ declares: Bool, _ claims: String? = nil) -> String? {
        let demanded = claims.flatMap { claims -> ClaimsChallenge? in
            let encoded = Array(claims.utf8)
            let base64 = String(decoding: Base64URL.encode(encoded.span), as: UTF8.self)
            return ClaimsChallenge("Bearer error=insufficient_claims, claims=\(base64)".utf8.span)
        }
        return ClaimsRequest.text(declaresCapability: declares, challenge: demanded)
    }

    @Test func saysNothingUnasked() { #expect(text(false) == nil) }

    @Test func declaresTheCapability() {
        #expect(text(true) == #"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#)
    }

    @Test func passesDemandsOn() {
        let demand = #"{"access_token":{"nbf":{"essential":true,"value":"1"}},"id_token":{"x":null}}"#
        #expect(text(false, demand) == demand)
    }

    @Test func mergesBoth() {
        #expect(
            text(true, #"{"access_token":{"nbf":{"value":"1"},"xms_cc":{"values":["other"]}}}"#)
                == #"{"access_token":{"nbf":{"value":"1"},"xms_cc":{"values":["cp1"]}}}"#)
        #expect(text(true, #"{"access_token":7}"#) == #"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#)
    }
}
