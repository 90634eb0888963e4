import Bytes
import JSON
import OnBehalfOf

/// The laws of claims challenges.
enum ChallengeLaws {
    private static let longest = 8 << 10

    /// Takes the input as a field's value, and as the JSON in one, which is how the fuzzer gets behind base64.
    static func firstBroken(by bytes: [UInt8]) -> StaticString? {
        if let challenge = ClaimsChallenge(bytes.span) {
            guard bytes.count <= longest else { return "a challenge is too long" }
            let again = field(JSON.object(challenge.claims).bytes)
            if again.count <= longest, ClaimsChallenge(again.span) != challenge {
                return "a challenge does not come back"
            }
        }
        let field = field(bytes)
        let object = OnBehalfOfLaws.parse(bytes, JSON.Limits(depth: 8, bytes: longest))?.object
        let isRead = ClaimsChallenge(field.span)?.claims == object
        return isRead || field.count > longest ? nil : "a challenge says something else"
    }

    private static func field(_ claims: [UInt8]) -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append("Bearer error=\"insufficient_claims\", claims=\"")
        buffer.appendBase64(claims.span)
        buffer.append("\"")
        return buffer.bytes
    }
}
