import Testing

@testable import OnBehalfOf

/// What providers write for a token's times, and what is made of it.
@Suite struct TokenLifetimeTests {
    func mint(_ fields: String) -> MintedToken? {
        read(#"{"token_type":"Bearer","access_token":"a"\#(fields)}"#, now: 7).token
    }

    /// A number or a number in a string; anything else counts as absent, 300 s; nothing below 0.
    @Test(
        arguments: [
            ("3600", 3600), (#""3600""#, 3600), ("3599.9", 3599), (#""3599.9""#, 3599), ("36e2", 3600),
            (#""3.6E+3""#, 3600), ("0", 0), ("-0", 0), (#""0""#, 0), ("-1", 0), (#""-3600""#, 0), ("0.4", 0),
            ("1e-9", 0), ("null", 300), ("true", 300), ("false", 300), ("[3600]", 300), (#"{"s":3600}"#, 300),
            (#""""#, 300), (#""soon""#, 300), (#""+60""#, 300), (#""0x3c""#, 300), (#""60s""#, 300), (#""6 0""#, 300),
            (#""٦٠""#, 300), (#""Infinity""#, 300), ("604800", 604_800), ("604801", 604_800),
            ("9223372036854775807", 604_800), ("9223372036854775808", 604_800), (#""9223372036854775808""#, 604_800),
            ("-9223372036854775809", 0), ("1e308", 604_800), ("1e400", 300), ("-1e400", 300),
        ] as [(String, UInt64)])
    func expiresIn(_ text: String, _ seconds: UInt64) throws {
        let token = try #require(mint(",\"expires_in\":\(text)"))
        #expect(token.lifetime == seconds * 1000)
        #expect(token.expiresAt == 7 + seconds * 1000)
    }

    @Test func withoutExpiresIn() throws { #expect(try #require(mint("")).lifetime == 300_000) }

    /// Advice is taken as it is or not at all, and never makes a token of no use.
    @Test(
        arguments: [
            ("1800", 1800), (#""1800""#, 1800), ("1799.9", 1799), ("18e2", 1800), ("1", 1), ("3599", 3599),
            ("3600", nil), ("7200", nil), ("0", nil), ("0.9", nil), ("-1", nil), ("null", nil), ("true", nil),
            ("[]", nil), (#""""#, nil), (#""soon""#, nil), ("1e400", nil), ("9223372036854775808", nil),
        ] as [(String, UInt64?)])
    func refreshIn(_ text: String, _ seconds: UInt64?) throws {
        let token = try #require(mint(",\"expires_in\":3600,\"refresh_in\":\(text)"))
        #expect(token.refreshIn == seconds.map { $0 * 1000 })
        #expect(token.lifetime == 3_600_000)
    }

    @Test func withoutAnythingElse() throws {
        #expect(try #require(mint(",\"expires_in\":3600")).refreshIn == nil)
        #expect(try #require(mint(",\"expires_in\":0,\"refresh_in\":10")).refreshIn == nil)
        // Of the 300 s that count where none are given.
        #expect(try #require(mint(",\"refresh_in\":100")).refreshIn == 100_000)
    }
}
