internal import JSON

/// The value of `claims` in an exchange (OpenID Connect Core §5.5): what this client can do, and what a server demands.
enum ClaimsRequest {
    /// `cp1`: the client handles claims challenges, so tokens may live for a day and be revoked at any moment.
    static let capability: JSON = .object(["values": .array([.string("cp1")])])

    /// - Returns: nil when there is nothing to say.
    static func text(declaresCapability: Bool, challenge: ClaimsChallenge?) -> String? {
        guard declaresCapability || challenge != nil else { return nil }
        var claims = challenge?.claims ?? JSON.Object()
        if declaresCapability {
            var token = claims["access_token"]?.object ?? JSON.Object()
            token["xms_cc"] = capability
            claims["access_token"] = .object(token)
        }
        return String(decoding: JSON.object(claims).bytes, as: UTF8.self)
    }
}
