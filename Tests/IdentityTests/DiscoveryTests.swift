import Testing

@testable import Identity

@Suite struct DiscoveryTests {
    func parse(_ text: String) throws -> Discovery {
        try Discovery.parse(Array(text.utf8).span, issuer: Issuer.name)
    }

    @Test func readsWhatIsNeeded() throws {
        let found = try parse(
            #"{"issuer":"https://id.example.test","jwks_uri":"https://keys.test/k","token_endpoint":"https://t.test/t","x":[1]}"#
        )
        #expect(
            found
                == Discovery(
                    jwksURI: "https://keys.test/k", tokenEndpoint: "https://t.test/t",
                    mutualTLSTokenEndpoint: "https://t.test/t"))
        #expect(
            try parse(#"{"issuer":"https://id.example.test","jwks_uri":"https://keys.test/k"}"#).tokenEndpoint == nil)
    }

    @Test func knowsWhereCertificatesAreShown() throws {
        let found = try parse(
            #"{"issuer":"https://id.example.test","jwks_uri":"https://keys.test/k","token_endpoint":"https://t.test/t","mtls_endpoint_aliases":{"token_endpoint":"https://mtls.test/t"}}"#
        )
        #expect(found.tokenEndpoint == "https://t.test/t" && found.mutualTLSTokenEndpoint == "https://mtls.test/t")
        #expect(throws: DiscoveryFault.badURL(member: "token_endpoint")) {
            try parse(
                #"{"issuer":"https://id.example.test","jwks_uri":"https://keys.test/k","mtls_endpoint_aliases":{"token_endpoint":"http://mtls.test/t"}}"#
            )
        }
    }

    @Test func knowsWhereTheDocumentIs() {
        #expect(Discovery.location(of: "https://a.test/x") == "https://a.test/x/.well-known/openid-configuration")
        #expect(Discovery.location(of: "https://a.test/x/") == "https://a.test/x/.well-known/openid-configuration")
    }

    @Test(arguments: [
        ("", DiscoveryFault.malformed), ("[]", .malformed), ("{}", .malformed), (#"{"issuer":1}"#, .malformed),
        (#"{"issuer":"https://id.example.test","issuer":"https://id.example.test"}"#, .malformed),
        (#"{"issuer":"https://id.example.test/","jwks_uri":"https://k.test"}"#, .issuerMismatch),
        (#"{"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"}"#, .tenantTemplate),
        (#"{"issuer":"https://id.example.test"}"#, .badURL(member: "jwks_uri")),
        (#"{"issuer":"https://id.example.test","jwks_uri":7}"#, .badURL(member: "jwks_uri")),
        (
            #"{"issuer":"https://id.example.test","jwks_uri":"https://k.test","token_endpoint":"http://t.test"}"#,
            .badURL(member: "token_endpoint")
        ),
    ])
    func refuses(_ text: String, _ fault: DiscoveryFault) {
        #expect(throws: fault) { try parse(text) }
    }

    @Test(arguments: [
        "https://a.test", "HTTPS://a.test/x?y", "http://127.0.0.1:8080/k", "http://127.9.9.9/k", "http://localhost:1/k",
        "http://[::1]:1/k",
        "https://[2001:db8::1]/k",
    ])
    func safe(_ url: String) {
        #expect(Discovery.isSafe(url))
    }

    @Test(arguments: [
        "", "http://a.test", "http://127.0.0.1.evil.test", "http://localhost.evil.test", "http://127.0.0.1@evil.test/",
        "https://a.test@evil.test/", "ftp://a.test", "https:/a.test", "https://", "https:///k", "file:///etc/passwd",
        "//a.test",
        "https://a.test#f", "https://a.test\r\nx", "https://a b.test", "http://[::1", "http://127.0.0.999",
        "http:\\\\127.0.0.1", "https",
    ])
    func unsafe(_ url: String) {
        #expect(!Discovery.isSafe(url))
    }
}
