package import Bytes

/// A renewal under way: who saw the same token rejected, and asks for the same, shares it.
struct RenewalKey: Hashable, Sendable {
    let key: ExchangeKey
    let asked: Digest256
    /// The flight holds the token, so no other one can take this identity meanwhile.
    let rejected: ObjectIdentifier

    init(_ key: ExchangeKey, _ asked: Digest256, _ rejected: MintedToken) {
        (self.key, self.asked, self.rejected) = (key, asked, ObjectIdentifier(rejected))
    }
}

extension Ledger {
    /// Finds another token, or says how to get one, after an upstream has rejected this one: the second chance.
    ///
    /// Ordinary exchanges are neither waited for nor joined. All who saw the same token rejected share one renewal,
    /// also those who come when it has ended. Its token is not kept: whoever used it says `keep` when it has served,
    /// and `renewedInVain` when it was rejected as well. The same for a token that comes as `hit`.
    ///
    /// The rejected token is forgotten, unless renewals have not helped three times in a row: then every request
    /// would exchange anew for nothing, so it stays and there is no exchange for a minute.
    ///
    /// - Parameters:
    ///   - asked: `ExchangeTarget.service` with the claims that the upstream asked for; without, the key's own.
    ///   - rejected: the token that was forwarded.
    ///   - user: see `lookup`.
    package mutating func renew(
        _ key: ExchangeKey, asking asked: Digest256, rejected: MintedToken, user: Digest256, provider: Int, now: UInt64
    ) -> LedgerLookup {
        let isExhausted = renewals.isExhausted(key, now: now)
        if !isExhausted { tokens.forget(key, ifToken: rejected) }
        if let found = renewed(key, asked, rejected, now) { return found }
        guard !isExhausted else { return .renewedInVain }
        renewals.forget(rejected, key)
        let flight = Flight<Waiter>(
            .renewal(of: rejected), key, asking: asked, user: user, provider: provider, userTokenExpires: 0)
        if let fault = verdicts.find(flight.question, now: now) { return .negative(fault) }
        switch begin(flight, now) {
        case .admitted(let id):
            renewing[RenewalKey(key, asked, rejected)] = id.number
            return .lead(id)
        case .refused(let lookup): return lookup
        }
    }

    /// A renewal under way, its outcome, or a token that came into the cache since.
    private mutating func renewed(
        _ key: ExchangeKey, _ asked: Digest256, _ rejected: MintedToken, _ now: UInt64
    ) -> LedgerLookup? {
        if let number = renewing[RenewalKey(key, asked, rejected)] {
            flights[number]?.announced &+= 1
            return .join(FlightID(number: number))
        }
        switch renewals.find(key, rejected, asked, now: now) {
        case .inVain: return .renewedInVain
        case .renewed(let token) where tokens.isGood(token, now: now): return .hit(token)
        case .renewed, nil: break
        }
        // What an ordinary exchange has minted does not meet the claims.
        guard let token = tokens.newer(than: rejected, key, renewedOnly: asked != key.service, now: now) else {
            return nil
        }
        return .hit(token)
    }

    /// Keeps the token of a renewal, which has served.
    ///
    /// - Parameter userTokenExpires: see `lookup`.
    package mutating func keep(_ token: MintedToken, for key: ExchangeKey, userTokenExpires: UInt64, now: UInt64) {
        // One that is not known here any more was asked for before an eviction.
        guard renewals.served(token, key), !tokens.holds(token, key) else { return }
        tokens.store(token, for: key, userTokenExpires: userTokenExpires, isRenewed: true, now: now)
    }

    /// Keeps the token of a renewal that nobody could try, since the request can't go out again. Until the memory of it is
    /// over it counts as one that did not help: a server that takes none would otherwise cost an exchange each time.
    package mutating func keepUntried(
        _ token: MintedToken, for key: ExchangeKey, userTokenExpires: UInt64, now: UInt64
    ) {
        guard renewals.untried(token, key, now: now), !tokens.holds(token, key) else { return }
        tokens.store(token, for: key, userTokenExpires: userTokenExpires, isRenewed: true, now: now)
    }

    /// Forgets the token of a renewal, which was rejected as well.
    package mutating func renewedInVain(_ token: MintedToken, for key: ExchangeKey, now: UInt64) {
        tokens.forget(key, ifToken: token)
        renewals.failed(token, key, now: now)
    }
}
