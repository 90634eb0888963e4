import Bytes
import JSON
import Testing

@testable import Identity

@Suite struct MintedClaimsTests {
    private static let entra = "https://login.microsoftonline.com/t/v2.0"

    private func user(_ claims: [String: JSON?] = [:], issuer: String = Issuer.name) throws -> UserToken {
        let maker = try Issuer()
        let token = try maker.token(claims: ["iss": .string(issuer)].merging(claims) { $1 })
        let policy = Issuer.policy(issuers: [issuer])
        return try UnverifiedToken.inspect(token: token.span, policy: policy, now: Issuer.now).verify(
            with: maker.keys())
    }

    private func mismatch(_ claims: [String: JSON?], _ user: UserToken?) throws -> MintedClaims.Mismatch? {
        let token = try Issuer().token(claims: ["aud": "tickets"].merging(claims) { $1 })
        let read = MintedClaims(token.span)
        let minted = try #require(read)
        do throws(MintedClaims.Mismatch) {
            try minted.check(for: user, own: ["proxy", "api://proxy"], now: Issuer.now, clockSkew: 60)
            return nil
        } catch { return error }
    }

    @Test func oneForTheSameUserIsGood() throws {
        #expect(try mismatch([:], user()) == nil)
        #expect(try mismatch(["sub": nil], user()) == nil)
    }

    @Test func oneForUsIsNot() throws {
        for audience: JSON in ["proxy", "api://proxy", .array(["tickets", "proxy"]), .array([.integer(1), "proxy"])] {
            #expect(try mismatch(["aud": audience], user()) == .audience)
            #expect(try mismatch(["aud": audience], nil) == .audience)
        }
    }

    @Test func anotherUsersIsNot() throws {
        #expect(try mismatch(["sub": "bob"], user()) == .user)
        #expect(try mismatch(["sub": "bob"], nil) == nil)
        #expect(try mismatch(["iss": "https://other.test", "sub": "bob"], user()) == nil)
        #expect(try mismatch(["iss": nil, "sub": "bob"], user()) == .user)
    }

    /// Entra's two issuers name one user by `tid` and `oid`, under different subjects.
    @Test func entrasUsersAreObjects() throws {
        let ann: [String: JSON?] = ["tid": "t", "oid": "o", "sub": "one", "scp": "access_as_user"]
        let user = try user(ann, issuer: Self.entra)
        let v1: [String: JSON?] = ["iss": "https://sts.windows.net/t/", "tid": "t", "oid": "o", "sub": "two"]
        #expect(try mismatch(v1, user) == nil)
        #expect(try mismatch(v1.merging(["oid": "p"]) { $1 }, user) == .user)
        #expect(try mismatch(v1.merging(["tid": "u"]) { $1 }, user) == .user)
        #expect(try mismatch(["iss": .string(Self.entra), "sub": "two"], user) == nil)
    }

    @Test func oneThatHasEndedIsNot() throws {
        #expect(try mismatch(["exp": .integer(Int64(Issuer.now - 61))], user()) == .expiry)
        #expect(try mismatch(["exp": .integer(Int64(Issuer.now - 59))], user()) == nil)
        #expect(try mismatch(["exp": nil], user()) == nil)
        #expect(try mismatch(["exp": "soon"], user()) == nil)
    }

    @Test(arguments: ["", "opaque", "a.b.c", "a.b.c.d.e", "e30.W10.AA", ".."])
    func whatCannotBeReadSaysNothing(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(MintedClaims(bytes.span) == nil)
    }

    @Test func namesItsUserAsTheUserTokenDoes() throws {
        let token = try Issuer().token()
        let read = MintedClaims(token.span)
        let minted = try #require(read)
        #expect(try (minted.issuer, minted.subject) == (user().issuer, user().subject))
    }
}

@Suite struct OpaqueUserTests {
    @Test func isTheTokenItself() {
        let a = UserToken(opaque: Digest256(words: (1, 2, 3, 4))) { $0 }
        let b = UserToken(opaque: Digest256(words: (1, 2, 3, 5))) { $0 }
        #expect(a.isOpaque && a.issuer.isEmpty && a.subject != b.subject && a.logName == a.identity)
        #expect(a.expiresAt > 1 << 40)
        #expect(!a.expiresAt.multipliedReportingOverflow(by: 8000).overflow)
    }
}
