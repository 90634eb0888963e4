internal import JSON

/// What a minted token says of itself, where it is a JWT that can be read. Nothing is verified: it came from the
/// provider over TLS, and to verify it is the server's business. It is only compared with what it was minted for.
package struct MintedClaims: Sendable, Equatable {
    /// Why a token must not be used. The raw value is for the audit log.
    package enum Mismatch: String, Error, Sendable, CaseIterable {
        /// It is good for ourselves: whoever it is sent to could come back with it as the user.
        case audience
        /// It is another user's.
        case user
        /// It has ended already.
        case expiry
    }

    package let issuer: String?
    /// The user as `UserToken.subject` would name them.
    package let subject: String?
    /// Seconds since 1970.
    package let expiresAt: Int?
    private let audiences: [String]
    private let person: Person

    /// - Returns: nil for anything but a JWT that can be read: an opaque or encrypted token is for the server alone.
    package init?(_ token: Span<UInt8>) {
        guard let payload = try? CompactJWS(token).payload else { return nil }
        let person = Person(payload)
        self.person = person
        issuer = payload["iss"]?.string
        subject = issuer.flatMap { person.name(by: $0) }
        expiresAt = (try? payload.date("exp", .down)) ?? nil
        // Ours among others that are no text is ours all the same.
        audiences = payload["aud"].map { ($0.array ?? [$0]).compactMap(\.string) } ?? []
    }

    /// Compares the token with the one it was exchanged for.
    /// - Parameters:
    ///   - user: nil when nobody has read that one.
    ///   - own: audiences that we accept ourselves.
    ///   - now: seconds since 1970.
    ///   - clockSkew: seconds that clocks may differ.
    package func check(
        for user: UserToken?, own: [String], now: Int, clockSkew: Int
    ) throws(Mismatch) {
        guard !audiences.contains(where: own.containsExactly) else { throw .audience }
        if let user, user.person.contradicts(person, sharingSubjects: sharesSubjects(with: user)) { throw .user }
        if let expiresAt, expiresAt &+ clockSkew <= now { throw .expiry }
    }

    private func sharesSubjects(with user: UserToken) -> Bool {
        guard let issuer else { return true }
        return issuer.isExactly(user.issuer) && EntraIssuer(issuer) == nil
    }
}

/// The claims by which tokens name a person.
struct Person: Sendable, Equatable {
    let subject: String?
    /// Entra's `oid` and `tid`: the same in every application's tokens, while `sub` differs.
    let object: String?
    let tenant: String?

    init(_ payload: JSON.Object) {
        subject = payload["sub"]?.string
        object = payload["oid"]?.string
        tenant = payload["tid"]?.string
    }

    /// The user as sessions and logs know them, by the issuer's rules.
    func name(by issuer: String) -> String? {
        guard EntraIssuer(issuer) != nil else { return subject.flatMap { $0.isEmpty ? nil : $0 } }
        guard let tenant, let object, !tenant.isEmpty, !object.isEmpty else { return nil }
        return "\(tenant)/\(object)"
    }

    /// Whether the two are shown to be different people. `sub` says so within one issuer only, and not with
    /// Entra, whose `sub` differs from application to application.
    func contradicts(_ other: Person, sharingSubjects: Bool) -> Bool {
        if let object, let theirs = other.object {
            let sameTenant = tenant.flatMap { mine in other.tenant.map(mine.isExactly) } ?? true
            return !(object.isExactly(theirs) && sameTenant)
        }
        guard sharingSubjects, let subject, let theirs = other.subject else { return false }
        return !subject.isExactly(theirs)
    }
}
