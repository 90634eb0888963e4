internal import Bytes
package import OpenSSL

/// A token that passed every check that needs no key. It proves nothing yet; only `verify` makes a user of it.
///
/// The order of checks is the order in which a finding helps its reader, and every path before the signature ends in
/// a refusal, so an unverified claim can only choose the words of one:
/// 1. shape (`malformed_token`), but an ID token first of all (`id_token`): it is the commonest mistake;
/// 2. an app-only token (`app_only_token`), then another's token (`wrong_issuer`, `wrong_audience`): a token
///    made for Microsoft Graph, say, cannot be verified by anybody else and must not be called badly signed;
/// 3. time (`expired_token`, `not_yet_valid`): old tokens come often, and their keys may be long gone;
/// 4. algorithm and signature (`invalid_signature`);
/// 5. scopes (`missing_scope`), an answer about permissions that only a genuine token gets.
package struct UnverifiedToken: Sendable {
    private let token: Secret
    private let signedCount: Int
    private let user: UserToken
    private let policy: IdentityPolicy
    /// One of the policy's issuers.
    package let issuer: String
    /// The header's `kid`.
    package let keyID: String?
    /// One of the policy's algorithms.
    package let algorithm: JWSAlgorithm

    /// - Parameter token: the bearer token's bytes.
    /// - Parameter now: seconds since 1970.
    /// - Parameter naming: makes the user's name for logs from `UserToken.identity`, which must not be printed itself.
    /// - Throws: every `TokenFault` of steps 1 to 3, and `.invalidSignature` for an algorithm that is not accepted.
    package static func inspect(
        token: Span<UInt8>, policy: IdentityPolicy, now: Int, naming: ([UInt8]) -> [UInt8] = { _ in [] }
    ) throws(TokenFault) -> UnverifiedToken {
        let jws = try CompactJWS(token, mayLackSignature: true)
        let claims = try TokenClaims(jws.payload, header: jws.header)
        guard jws.isSigned else { throw .malformedToken }
        let header = try TokenHeader(jws.header)
        guard !header.isForAnotherPurpose else { throw .malformedToken }
        try policy.check(claims, now: now)
        guard let algorithm = policy.algorithms.first(where: { $0.rawValue.isExactly(header.algorithm) }) else {
            throw .invalidSignature
        }
        return UnverifiedToken(
            token: Secret(copying: token), signedCount: jws.signedCount, user: try UserToken(claims, naming: naming),
            policy: policy,
            issuer: claims.issuer, keyID: header.keyID, algorithm: algorithm)
    }

    /// Steps 4 and 5, with the keys of `issuer`.
    /// - Throws: `.invalidSignature` also when no key fits, `.missingScope`.
    package func verify(with keys: KeySet) throws(TokenFault) -> UserToken {
        let candidates = keys.candidates(keyID: keyID, algorithm: algorithm, issuer: issuer)
        let genuine = unsafe token.withBytes { bytes in
            let token = unsafe bytes.assumingMemoryBound(to: UInt8.self).span
            guard let signature = Base64URL.decode(token.extracting((signedCount &+ 1)..<token.count)) else {
                return false
            }
            let message = token.extracting(0..<signedCount)
            return candidates.contains { $0.verify(algorithm: algorithm, message: message, signature: signature.span) }
        }
        guard genuine else { throw .invalidSignature }
        if let scope = policy.requiredScope, !user.scopes.containsExactly(scope) { throw .missingScope }
        return user
    }
}

extension IdentityPolicy {
    /// Steps 2 and 3.
    func check(_ claims: TokenClaims, now: Int) throws(TokenFault) {
        switch claims.kind {
        case .access: break
        case .id: throw .idToken
        case .appOnly: throw .appOnlyToken
        }
        guard issuers.containsExactly(claims.issuer), claims.tenantFitsIssuer else { throw .wrongIssuer }
        guard claims.audiences.contains(where: audiences.containsExactly) else { throw .wrongAudience }
        guard now < claims.expiresAt &+ clockSkew else { throw .expiredToken }
        if let start = claims.notBefore, start > now &+ clockSkew { throw .notYetValid }
    }
}

extension TokenClaims {
    /// An Entra issuer names its tenant; a token that claims to be of another one contradicts itself.
    var tenantFitsIssuer: Bool {
        guard let entra = EntraIssuer(issuer), let tenant else { return true }
        return entra.tenant.isExactly(tenant)
    }
}
