import Bytes
import JSON
import OpenSSL
import Testing

@testable import Identity

@Suite struct AcceptedTokenTests {
    @Test(arguments: JWSAlgorithm.allCases)
    func everyAlgorithm(_ algorithm: JWSAlgorithm) throws {
        let issuer = try Issuer(algorithm)
        let user = try accept(issuer.token(claims: ["nbf": .integer(Int64(Issuer.now))]), issuer.keys())
        #expect(user.issuer == Issuer.name)
        #expect(user.subject == "ann")
        #expect(user.scopes == ["openid", "access_as_user"])
        #expect(user.expiresAt == Issuer.now + 600)
        #expect(user.notBefore == Issuer.now)
        #expect(user.tenant == nil)
    }

    @Test(
        arguments: [
            ["aud": JSON.array(["other", "proxy"])], ["exp": .number("1800000600.75")], ["exp": .number("1.8000006e9")],
            ["nbf": .integer(0)], ["scope": nil, "scp": .array(["access_as_user"])], ["typ": "Bearer"],
            ["unknown": .object([:])],
        ] as [[String: JSON?]])
    func variants(_ claims: [String: JSON?]) throws {
        let issuer = try Issuer()
        let user = try accept(issuer.token(claims: claims), issuer.keys())
        #expect(user.subject == "ann")
        #expect(user.expiresAt == Issuer.now + 600)
    }

    @Test(
        arguments: [
            ["typ": "at+jwt"], ["typ": "application/AT+JWT"], ["typ": nil], ["kid": nil], ["x5t": "abc"],
            ["x5c": .array(["abc"])],
        ] as [[String: JSON?]])
    func headers(_ header: [String: JSON?]) throws {
        let issuer = try Issuer()
        #expect(try accept(issuer.token(header: header), issuer.keys()).subject == "ann")
    }

    @Test func theIdentityIsInjective() throws {
        let issuer = try Issuer()
        func identity(_ subject: String, _ name: String = Issuer.name) throws -> [UInt8] {
            let policy = Issuer.policy(issuers: [Issuer.name, Issuer.name + "a"])
            return try accept(
                issuer.token(claims: ["sub": .string(subject), "iss": .string(name)]), issuer.keys(), policy: policy
            ).identity
        }
        #expect(try identity("ab") == identity("ab"))
        #expect(try identity("ab") != identity("b", Issuer.name + "a"))
        #expect(
            try identity("ann")
                == [0, 0, 0, 23] + Array(Issuer.name.utf8) + [0, 0, 0, 3] + Array("ann".utf8))
    }
}

@Suite struct RefusedTokenTests {
    func fault(
        header: [String: JSON?] = [:], claims: [String: JSON?] = [:], policy: IdentityPolicy = Issuer.policy(),
        now: Int = Issuer.now
    ) throws -> TokenFault? {
        let issuer = try Issuer()
        let token = try issuer.token(header: header, claims: claims)
        let keys = try issuer.keys()
        do {
            _ = try accept(token, keys, policy: policy, now: now)
            return nil
        } catch let fault as TokenFault {
            return fault
        }
    }

    @Test(
        arguments: [
            ["nonce": "n"], ["at_hash": "h"], ["c_hash": "h"], ["typ": "ID"], ["typ": "id"],
            // Whatever else is wrong with it.
            ["nonce": "n", "exp": nil], ["nonce": "n", "iss": "https://other.test"], ["nonce": .null, "aud": nil],
        ] as [[String: JSON?]])
    func idTokens(_ claims: [String: JSON?]) throws {
        #expect(try fault(claims: claims) == .idToken)
        #expect(try fault(header: ["alg": "HS256", "crit": .array(["x"])], claims: claims) == .idToken)
        let token = try Issuer().token(claims: claims)
        let unsigned = try #require(token.lastIndex(of: UInt8(ascii: ".")))
        #expect(throws: TokenFault.idToken) { try accept(Array(token[...unsigned]), Issuer().keys()) }
    }

    @Test(
        arguments: [
            ["exp": nil], ["exp": "1800000600"], ["exp": .null], ["exp": .number("1e300")],
            ["exp": .number("9223372036854775807")],
            ["exp": .number("-9223372036854775808")], ["nbf": "0"], ["iss": nil], ["iss": .integer(1)], ["sub": nil],
            ["sub": ""],
            ["sub": .integer(5)], ["aud": .integer(1)], ["aud": .array(["proxy", .integer(1)])], ["scope": .integer(1)],
            ["cnf": .object(["jkt": "x"])], ["events": .object([:])],
        ] as [[String: JSON?]])
    func malformedClaims(_ claims: [String: JSON?]) throws {
        #expect(try fault(claims: claims) == .malformedToken)
    }

    @Test(
        arguments: [
            ["crit": .array(["exp"])], ["crit": .array([])], ["jku": "https://evil.test/keys"], ["jwk": .object([:])],
            ["x5u": "https://evil.test"], ["b64": .bool(false)], ["alg": nil], ["alg": .null],
            ["alg": .array(["ES256"])],
            ["kid": .integer(1)], ["enc": "A256GCM"], ["zip": "DEF"], ["typ": "logout+jwt"], ["typ": "dpop+jwt"],
            ["typ": .integer(1)],
        ] as [[String: JSON?]])
    func malformedHeaders(_ header: [String: JSON?]) throws {
        #expect(try fault(header: header) == .malformedToken)
    }

    @Test(arguments: ["none", "None", "", "HS256", "HS512", "ES384", "RS256", "es256", "ES256K", "Ed448"])
    func algorithms(_ name: String) throws {
        #expect(try fault(header: ["alg": .string(name)]) == .invalidSignature)
    }

    @Test func algorithmsThatAreNotListed() throws {
        var policy = Issuer.policy()
        policy.algorithms = [.rs256, .edDSA]
        #expect(try fault(policy: policy) == .invalidSignature)
    }

    @Test(arguments: [
        "https://id.example.test/", "http://id.example.test", "https://ID.example.test", "",
        "https://id.example.test\u{0}",
    ])
    func issuers(_ name: String) throws {
        #expect(try fault(claims: ["iss": .string(name)]) == .wrongIssuer)
    }

    @Test func equivalentTextIsNotTheSameText() throws {
        let policy = Issuer.policy(issuers: ["https://caf\u{e9}.test"], audiences: ["caf\u{e9}"])
        let decomposed: JSON = "https://cafe\u{301}.test"
        #expect(try fault(claims: ["iss": decomposed], policy: policy) == .wrongIssuer)
        #expect(
            try fault(claims: ["iss": "https://caf\u{e9}.test", "aud": "cafe\u{301}"], policy: policy) == .wrongAudience
        )
    }

    @Test(arguments: [nil, "other", "", .array([]), .array(["prox", "proxyy"]), "PROXY"] as [JSON?])
    func audiences(_ audience: JSON?) throws {
        #expect(try fault(claims: ["aud": audience]) == .wrongAudience)
    }

    @Test func time() throws {
        let end = Issuer.now + 600
        #expect(try fault(now: end + 59) == nil)
        #expect(try fault(now: end + 60) == .expiredToken)
        let start: [String: JSON?] = ["nbf": .integer(Int64(Issuer.now))]
        #expect(try fault(claims: start, now: Issuer.now - 60) == nil)
        #expect(try fault(claims: start, now: Issuer.now - 61) == .notYetValid)
        // Fractions count against the token.
        #expect(try fault(claims: ["exp": .number("1800000000.9")], now: Issuer.now + 60) == .expiredToken)
        #expect(try fault(claims: ["nbf": .number("1800000060.1")], now: Issuer.now) == .notYetValid)
    }

    @Test func scopes() throws {
        var policy = Issuer.policy()
        policy.requiredScope = "access_as_user"
        #expect(try fault(policy: policy) == nil)
        #expect(try fault(claims: ["scope": nil, "scp": "a access_as_user"], policy: policy) == nil)
        #expect(try fault(claims: ["scope": nil], policy: policy) == .missingScope)
        #expect(try fault(claims: ["scope": "access_as_user2 xaccess_as_user"], policy: policy) == .missingScope)
    }

    @Test func appOnly() throws {
        #expect(try fault(claims: ["idtyp": "app"]) == .appOnlyToken)
        #expect(try fault(claims: ["idtyp": "user"]) == nil)
    }

    @Test func theOrderOfFindings() throws {
        let wrong: [(String, JSON?, TokenFault)] = [
            ("idtyp", "app", .appOnlyToken), ("iss", "https://other.test", .wrongIssuer),
            ("aud", "other", .wrongAudience),
            ("exp", .integer(5), .expiredToken), ("scope", nil, .missingScope),
        ]
        var policy = Issuer.policy()
        policy.requiredScope = "access_as_user"
        for first in wrong.indices {
            let claims = Dictionary(uniqueKeysWithValues: wrong[first...].map { ($0.0, $0.1) })
            #expect(try fault(claims: claims, policy: policy) == wrong[first].2)
            // A bad signature is reported after what needs no key, and before permissions.
            let expected = wrong[first].2 == .missingScope ? TokenFault.invalidSignature : wrong[first].2
            let token = try Issuer().token(claims: claims)
            #expect(throws: expected) { try accept(token, Issuer().keys(), policy: policy) }
        }
    }
}

@Suite struct TokenFormTests {
    let issuer: Issuer
    init() throws { issuer = try Issuer() }

    @Test(arguments: [
        "", ".", "..", "...", "a", "a.b", "a.b.c", "e30.e30.", "e30.e30.AA", "e30..AA", ".e30.AA", "e30.e30.AA.",
        "e30.e30.AA.AA.AA",
        "W10.e30.AA", "e30.W10.AA", "e30=.e30.AA", "opaque-token-of-some-provider",
    ])
    func refusesOtherForms(_ text: String) throws {
        let token = Array(text.utf8)
        #expect(throws: TokenFault.malformedToken) { try accept(token, issuer.keys()) }
    }

    @Test func refusesDuplicateNames() throws {
        let header = Array(#"{"alg":"ES256","kid":"k1"}"#.utf8)
        for payload in [
            #"{"iss":"https://id.example.test","aud":"other","aud":"proxy","sub":"ann","exp":1800000600}"#,
            #"{"iss":"https://id.example.test","aud":"proxy","sub":"eve","s\u0075b":"ann","exp":1800000600}"#,
        ] {
            let token = try issuer.sign(header, Array(payload.utf8))
            #expect(throws: TokenFault.malformedToken) { try accept(token, issuer.keys()) }
        }
        let twice = try issuer.sign(Array(#"{"alg":"none","alg":"ES256","kid":"k1"}"#.utf8), Array("{}".utf8))
        #expect(throws: TokenFault.malformedToken) { try accept(twice, issuer.keys()) }
    }

    @Test func boundsTheSize() throws {
        let claims: [String: JSON?] = ["groups": .string(String(repeating: "x", count: CompactJWS.bound * 3 / 4))]
        #expect(throws: TokenFault.malformedToken) { try accept(issuer.token(claims: claims), issuer.keys()) }
        let large: [String: JSON?] = ["groups": .array((0..<600).map { .string("group-with-a-long-name-\($0)") })]
        #expect(try accept(issuer.token(claims: large), issuer.keys()).subject == "ann")
    }

    @Test func everyChangedCharacterIsNoticed() throws {
        let token = try issuer.token()
        let keys = try issuer.keys()
        for position in token.indices {
            var changed = token
            changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: TokenFault.self) { try accept(changed, keys) }
        }
    }

    @Test func anotherKeyOfTheSameNameDoesNotVerify() throws {
        #expect(throws: TokenFault.invalidSignature) { try accept(issuer.token(), Issuer().keys()) }
        #expect(throws: TokenFault.invalidSignature) { try accept(issuer.token(), Issuer(.rs256).keys()) }
    }
}
