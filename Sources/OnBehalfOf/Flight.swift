internal import Bytes

/// One exchange under way and those who wait for it.
struct Flight<Waiter: Sendable>: Sendable {
    enum Kind: Sendable {
        case ordinary
        /// In the background, while this token serves.
        case refresh(of: MintedToken)
        /// Beside the cache, because an upstream has rejected this token.
        case renewal(of: MintedToken)
    }

    let kind: Kind
    let key: ExchangeKey
    /// `ExchangeTarget.service` of what is asked: not the key's where claims are asked for.
    let asked: Digest256
    /// Who the user is, whatever token they come with.
    let user: Digest256
    let provider: Int
    let userTokenExpires: UInt64
    /// Those who were told to join or lead and have not come to wait yet. The outcome is kept until they have, or
    /// one who comes a moment late would find nothing and start over.
    var announced = 0
    /// nil for one who has left.
    var waiters: ContiguousArray<Waiter?> = []
    var outcome: ExchangeOutcome?
    /// Whether it began before an eviction: its outcome is for those who wait, and is not kept.
    var isOutdated = false

    init(
        _ kind: Kind, _ key: ExchangeKey, asking asked: Digest256, user: Digest256, provider: Int,
        userTokenExpires: UInt64
    ) {
        self.kind = kind
        self.key = key
        self.asked = asked
        self.user = user
        self.provider = provider
        self.userTokenExpires = userTokenExpires
    }

    /// What a rejection of this exchange is remembered under.
    var question: ExchangeKey { ExchangeKey(token: key.token, service: asked) }

    /// Keeps a waiter and returns its place.
    mutating func add(_ waiter: Waiter) -> Int {
        waiters.append(waiter)
        return waiters.count - 1
    }

    /// Takes a waiter out; nil when it is not there any more.
    mutating func take(_ place: Int) -> Waiter? {
        guard waiters.indices.contains(place), let waiter = waiters[place] else { return nil }
        waiters[place] = nil
        return waiter
    }
}

/// A waiter's place, by which it can leave early.
package struct WaitTicket: Sendable {
    let flight: UInt64
    let place: Int
}

/// What `wait` answers.
package enum LedgerWait: Sendable {
    /// `finish` will hand the waiter back.
    case waiting(WaitTicket)
    /// The flight has ended already; the waiter was not kept.
    case ended(ExchangeOutcome)
}
