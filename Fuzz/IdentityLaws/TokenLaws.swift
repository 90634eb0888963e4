import Bytes
import Identity
import JSON
import OpenSSL

/// The laws of tokens. Nobody signed what the fuzzer invents, so none of it may make a user.
enum TokenLaws {
    private static let now = 1_800_000_000
    private static let skew = 60
    private static let issuers = ["https://id.example", "https://login.microsoftonline.com/tenant/v2.0"]
    private static let policy = IdentityPolicy(
        issuers: issuers, audiences: ["proxy"], algorithms: JWSAlgorithm.allCases, clockSkew: skew)

    /// One key, which signed nothing here: RFC 8037 appendix A.2.
    private static let keys: KeySet? = {
        let text = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
        return try? KeySet.parse(Array(text.utf8).span)
    }()

    /// Takes the input as a token, and as header and payload with a line end between them, which is how the fuzzer
    /// gets behind base64.
    static func firstBroken(by bytes: [UInt8]) -> StaticString? {
        if let broken = tokenLaw(bytes) { return broken }
        let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let token = token(Array(parts[0]), Array(parts[1]))
        if let broken = tokenLaw(token) { return broken }
        guard let header = IdentityLaws.parse(parts[0]), let payload = IdentityLaws.parse(parts[1]) else {
            return inspect(token) == .malformedToken ? nil : "a token is read that is no JSON"
        }
        let (fault, again) = (inspect(token), inspect(self.token(header.bytes, payload.bytes)))
        // A text that is written anew may come to be on the other side of a bound of size.
        if fault != again, fault != .malformedToken, again != .malformedToken { return "a token does not come back" }
        return fault == nil ? acceptedLaw(header, payload) : nil
    }

    private static func token(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        Base64URL.encode(header.span) + [0x2E] + Base64URL.encode(payload.span) + Array(".c2lnbmF0dXJl".utf8)
    }

    private static func inspect(_ token: [UInt8]) -> TokenFault? {
        do throws(TokenFault) { _ = try UnverifiedToken.inspect(token: token.span, policy: policy, now: now) } catch {
            return error
        }
        return nil
    }

    /// No reader is easier to please than another, and no signature is believed.
    private static func tokenLaw(_ token: [UInt8]) -> StaticString? {
        let outline = TokenOutline(token.span)
        if (outline == nil) != (MintedClaims(token.span) == nil) { return "readers of a token disagree" }
        if let shown = try? FederatedToken.read(token.span, now: now), outline == nil, shown.count == token.count {
            return "a token is shown that cannot be read"
        }
        guard let unverified = try? UnverifiedToken.inspect(token: token.span, policy: policy, now: now) else {
            return nil
        }
        guard outline?.issuer == unverified.issuer, issuers.contains(unverified.issuer) else {
            return "another issuer's token passes"
        }
        guard let keys else { return "the key of the laws cannot be read" }
        return (try? unverified.verify(with: keys)) == nil ? nil : "a forged token makes a user"
    }

    /// The checks that need no key, made once more by the tree.
    private static func acceptedLaw(_ header: JSON, _ payload: JSON) -> StaticString? {
        let audience = payload["aud"].map { $0.array ?? [$0] } ?? []
        guard audience.contains(.string("proxy")) else { return "another audience's token passes" }
        guard let end = payload["exp"]?.double, end + Double(skew) >= Double(now) else { return "an old token passes" }
        if let start = payload["nbf"]?.double, start > Double(now + skew) { return "a token passes before its time" }
        if ["nonce", "at_hash"].contains(where: { payload[$0] != nil }) { return "an ID token passes" }
        if ["crit", "jku", "jwk", "x5u"].contains(where: { header[$0] != nil }) { return "a sender's key passes" }
        let algorithm = header["alg"]?.string
        return JWSAlgorithm.allCases.contains { $0.rawValue == algorithm } ? nil : "an unknown algorithm passes"
    }
}
