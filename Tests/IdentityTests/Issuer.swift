import Bytes
import JSON
import OpenSSL

@testable import Identity

/// An identity provider as small as a test needs.
struct Issuer {
    static let name = "https://id.example.test"
    static let now = 1_800_000_000

    let key: PrivateKey
    let algorithm: JWSAlgorithm

    init(_ algorithm: JWSAlgorithm = .es256) throws {
        self.algorithm = algorithm
        key = try PrivateKey(generating: algorithm.keyType)
    }

    /// What a good token says; changes replace members, nil leaves them out.
    func token(header: [String: JSON?] = [:], claims: [String: JSON?] = [:]) throws -> [UInt8] {
        var head: JSON.Object = ["alg": .string(algorithm.rawValue), "kid": "k1", "typ": "JWT"]
        var body: JSON.Object = [
            "iss": .string(Self.name), "aud": "proxy", "sub": "ann", "exp": .integer(Int64(Self.now + 600)),
            "scope": "openid access_as_user",
        ]
        for (name, value) in header { head[name] = value }
        for (name, value) in claims { body[name] = value }
        return try sign(JSON.object(head).bytes, JSON.object(body).bytes)
    }

    func sign(_ header: [UInt8], _ payload: [UInt8]) throws -> [UInt8] {
        let input = Base64URL.encode(header.span) + [UInt8(ascii: ".")] + Base64URL.encode(payload.span)
        let signature = try key.sign(algorithm: algorithm, message: input.span)
        return input + [UInt8(ascii: ".")] + Base64URL.encode(signature.span)
    }

    func keys(_ changes: [String: JSON?] = [:]) throws -> KeySet {
        try KeySet.read([jwk(changes)])
    }

    func jwk(_ changes: [String: JSON?] = [:]) throws -> JSON {
        func text(_ bytes: [UInt8]) -> JSON { .string(String(decoding: Base64URL.encode(bytes.span), as: UTF8.self)) }
        var jwk: JSON.Object =
            switch try key.publicMembers() {
            case .rsa(let modulus, let exponent): ["kty": "RSA", "n": text(modulus), "e": text(exponent)]
            case .ellipticCurve(let curve, let x, let y):
                ["kty": "EC", "crv": .string(curve.rawValue), "x": text(x), "y": text(y)]
            case .ed25519(let x): ["kty": "OKP", "crv": "Ed25519", "x": text(x)]
            }
        jwk["kid"] = "k1"
        for (name, value) in changes { jwk[name] = value }
        return .object(jwk)
    }

    static func policy(issuers: [String] = [name], audiences: [String] = ["proxy"]) -> IdentityPolicy {
        IdentityPolicy(issuers: issuers, audiences: audiences, algorithms: JWSAlgorithm.allCases)
    }
}

extension KeySet {
    static func read(_ keys: [JSON]) throws -> KeySet {
        try read(text: String(decoding: JSON.object(["keys": .array(keys)]).bytes, as: UTF8.self))
    }

    static func read(text: String) throws -> KeySet { try parse(Array(text.utf8).span) }
}

/// Both steps at once.
func accept(
    _ token: [UInt8], _ keys: KeySet, policy: IdentityPolicy = Issuer.policy(), now: Int = Issuer.now
) throws -> UserToken {
    try UnverifiedToken.inspect(token: token.span, policy: policy, now: now).verify(with: keys)
}

extension JSON: ExpressibleByStringLiteral {
    /// A JSON string.
    public init(stringLiteral value: String) { self = .string(value) }
}
