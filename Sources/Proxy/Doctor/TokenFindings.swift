internal import Identity

/// Why a user token is not accepted, in an operator's words.
struct TokenFindings {
    /// The file that it came from.
    let source: String
    let policy: IdentityPolicy
    /// The proxy's own application, to be named in advice.
    let clientID: String
    /// What the token says of itself; nil for what is no JWT.
    let outline: TokenOutline?
    /// Seconds since 1970.
    let now: Int

    var good: Finding { Finding(.good, .token, source, seen) }

    func explain(_ fault: TokenFault) -> Finding {
        // Whatever check it failed first, this is why.
        if outline?.isForGraph == true, fault != .idToken {
            return finding(
                fault, "it is a token for Microsoft Graph, which nobody can exchange",
                "Have the chat ask for a scope of its own application: OPENID_SCOPE=\"\(scope) openid profile email offline_access\""
            )
        }
        switch fault {
        case .missingToken: return Finding(.fault, .token, source, "the file is empty")
        case .placeholderToken:
            return Finding(.fault, .token, source, "it is a placeholder that nobody has filled in")
        case .malformedToken: return malformed(fault)
        case .idToken:
            return finding(
                fault, "it is an ID token, which says who signed in and opens nothing",
                "Pass {{LIBRECHAT_OPENID_ACCESS_TOKEN}} on, set OPENID_REUSE_TOKENS=true, and let OPENID_SCOPE begin with \(scope)."
            )
        case .appOnlyToken:
            return finding(fault, "it has no user in it", "Take the token of a user who signed in to the chat.")
        case .invalidSignature:
            return finding(
                fault, "no published key of its issuer fits its signature",
                "It was changed on its way, signed by an algorithm that identity.algorithms does not accept, or is for an API whose tokens only that API can verify."
            )
        case .wrongIssuer: return wrongIssuer(fault)
        case .wrongAudience:
            return finding(
                fault, "it is for another application",
                "Expected one of: \(policy.audiences.joined(separator: " ")).",
                "Have the chat ask for \(scope) (OPENID_SCOPE), or name the audience in identity.audience if the client is registered under it."
            )
        case .expiredToken: return expired(fault)
        case .notYetValid:
            let wait = outline?.notBefore.map { "in \(Period(seconds: $0.saturating(minus: now)))" } ?? "later"
            return finding(fault, "it becomes valid \(wait)", "Compare the clocks; see the clock check.")
        case .missingScope:
            return finding(
                fault, "it lacks the scope \(policy.requiredScope ?? "")",
                "Have the chat ask for it (OPENID_SCOPE), or correct identity.require_scope.")
        case .keysUnavailable:
            return Finding(.skipped, .token, source, "without the issuer's keys it cannot be verified", seen)
        }
    }

    private func malformed(_ fault: TokenFault) -> Finding {
        guard outline != nil else {
            return Finding(
                .fault, .token, source, "it is no signed JWT",
                "The file must hold one access token and nothing else. If the provider's tokens are no JWTs, set identity.tokens to opaque."
            )
        }
        return finding(
            fault, "it is no access token for a bearer: iss, exp or the user is missing, or it is bound to a key (cnf)",
            "Take what the chat sends: {{LIBRECHAT_OPENID_ACCESS_TOKEN}}.")
    }

    private func wrongIssuer(_ fault: TokenFault) -> Finding {
        let accepted = "Accepted: \(policy.issuers.joined(separator: " "))."
        if let outline, outline.isOtherVersion(of: policy.issuers), let issuer = outline.issuer {
            let isOld = EntraIssuer(issuer)?.version == 1
            return finding(
                fault, "it comes from the right tenant under Entra's name for version \(isOld ? 1 : 2) tokens",
                accepted,
                isOld
                    ? "Set requestedAccessTokenVersion to 2 in the manifest of the chat's registration, or list \(issuer) in identity.issuer too."
                    : "Put \(issuer) into identity.issuer.")
        }
        return finding(fault, "it comes from another issuer", accepted)
    }

    private func expired(_ fault: TokenFault) -> Finding {
        let since = outline?.expiresAt.map { " \(Period(seconds: now.saturating(minus: $0))) ago" } ?? ""
        return finding(
            fault, "it expired\(since)",
            "Take a fresh one. If the chat sends such tokens: OPENID_REUSE_TOKENS=true and offline_access in OPENID_SCOPE let it refresh them."
        )
    }

    private func finding(_ fault: TokenFault, _ why: String, _ advice: String...) -> Finding {
        Finding(.fault, .token, source, "\(fault.rawValue): \(why)", lines: advice + ["It says: \(seen)"])
    }

    private var seen: String { outline?.saying(now: now) ?? "nothing that can be read" }

    private var scope: String { "api://\(clientID)/.default" }
}
