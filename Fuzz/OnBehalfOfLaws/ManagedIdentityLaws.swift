import Bytes
import JSON
import OnBehalfOf

/// The laws of a managed identity's answers.
enum ManagedIdentityLaws {
    private static let wallClock: Int64 = 1_800_000_000

    /// The token is the body's, fit for a form, and of no use beyond its life.
    static func firstBroken(by bytes: [UInt8]) -> StaticString? {
        guard let token = ManagedIdentity.token(in: bytes.span, wallClock: wallClock) else { return nil }
        guard let tree = OnBehalfOfLaws.parse(bytes), let text = tree["access_token"]?.string, !text.isEmpty,
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), token.secret.equals(text.utf8.span)
        else { return "a machine's token comes from nothing" }
        guard 0...604_800 ~= token.lifetime, token.useful <= UInt64(token.lifetime) * 1000 else {
            return "a machine's token lives too long"
        }
        if tree["expires_in"] == nil, let end = tree["expires_on"]?.integer, end <= wallClock, token.lifetime > 0 {
            return "a machine's token lives beyond its end"
        }
        let again = ManagedIdentity.token(in: tree.bytes.span, wallClock: wallClock)
        return again?.lifetime == token.lifetime ? nil : "a machine's answer does not come back"
    }
}
