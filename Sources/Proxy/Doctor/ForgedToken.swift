internal import Bytes
internal import JSON

/// A user token that looks like one and that nobody signed: no provider can take it, so an exchange with it shows
/// what the provider thinks of the client and can never mint.
enum ForgedToken {
    static let name = "obo-proxy-doctor"

    /// - Parameter now: seconds since 1970.
    static func make(issuer: String, audience: String, now: Int) -> Secret {
        let header: [(String, JSON)] = [("alg", .string("RS256")), ("kid", .string(name)), ("typ", .string("JWT"))]
        let claims: [(String, JSON)] = [
            ("iss", .string(issuer)), ("aud", .string(audience)), ("sub", .string(name)),
            ("iat", .integer(Int64(now))), ("nbf", .integer(Int64(now))), ("exp", .integer(Int64(now) &+ 300)),
        ]
        // Zero to any power is zero, and no padded digest.
        let signature = [UInt8](repeating: 0, count: 256)
        let parts = [encode(header), encode(claims), Base64URL.encode(signature.span)]
        return Secret(copying: Array(parts.joined(separator: [UInt8(ascii: ".")])).span)
    }

    private static func encode(_ members: [(String, JSON)]) -> [UInt8] {
        var object = JSON.Object()
        for (name, value) in members { object[name] = value }
        return Base64URL.encode(JSON.object(object).bytes.span)
    }
}
