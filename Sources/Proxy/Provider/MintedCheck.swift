internal import Identity
internal import OnBehalfOf

/// Whether a minted token is what it was asked for, as far as it can be read. A provider's slip or a wrong setting
/// would otherwise give one user another one's access, or a server a token that is good for this proxy.
struct MintedCheck: Sendable {
    /// The audiences that we accept ourselves.
    let own: [String]
    /// Seconds that clocks may differ.
    let clockSkew: Int

    /// - Parameter now: seconds since 1970.
    /// - Returns: the token, with whose it is and never beyond its own `exp`.
    func judge(_ token: MintedToken, for user: UserToken, now: Int) -> ExchangeOutcome {
        guard let claims = token.withSpan({ MintedClaims($0) }) else { return .minted(token) }
        do throws(MintedClaims.Mismatch) {
            try claims.check(for: user.isOpaque ? nil : user, own: own, now: now, clockSkew: clockSkew)
            return .minted(token.saying(claims, now: now, clockSkew: clockSkew))
        } catch {
            var fault = ExchangeFault(.invalidExchangeResponse)
            fault.mismatch = error.rawValue
            return .failed(fault)
        }
    }
}

extension MintedToken {
    /// A token whose `exp` lies before the end that its response gave is not used beyond it; less than the skew is
    /// put down to the clocks.
    fileprivate func saying(_ claims: MintedClaims, now: Int, clockSkew: Int) -> MintedToken {
        let end = claims.expiresAt.flatMap { exp -> UInt64? in
            let left = UInt64(max(exp &- now, 0)).multipliedReportingOverflow(by: 1000)
            let isSooner = !left.overflow && left.partialValue &+ UInt64(max(clockSkew, 0)) &* 1000 < lifetime
            return isSooner ? left.partialValue : nil
        }
        return saying(holder: claims.holder, end: end)
    }
}

extension MintedClaims {
    /// The user that the token names, if it does.
    var holder: TokenHolder? {
        guard let issuer, let subject else { return nil }
        return TokenHolder(issuer: issuer, subject: subject)
    }
}
