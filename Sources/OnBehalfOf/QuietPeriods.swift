internal import Bytes

/// Until when a provider wants no further exchanges: for a service, as its `Retry-After` said, or for one user of a
/// service, when it has found that user's exchanges to go in a loop. Both whatever claims are asked for, and the
/// latter whatever token the user comes with.
struct QuietPeriods: Sendable {
    private struct Scope: Hashable, Sendable {
        /// nil for all users.
        var user: Digest256?
        /// Without claims.
        var service: Digest256
    }

    /// Services are as many as servers; a bound all the same.
    static let services = 1024
    /// Entra stops counting a loop only when it is left alone that long; milliseconds.
    static let loopPause: UInt64 = 60_000

    private var ofServices: RecencyList<Scope, UInt64>
    private var ofUsers: RecencyList<Scope, UInt64>

    init(_ limits: LedgerLimits) {
        ofServices = RecencyList(capacity: Self.services)
        ofUsers = RecencyList(capacity: limits.sideTable)
    }

    mutating func adopt(_ limits: LedgerLimits) { ofUsers.resize(limits.sideTable) }

    /// The milliseconds left for this user, nil when something may be asked.
    mutating func left(_ user: Digest256, _ service: Digest256, now: UInt64) -> UInt64? {
        let all = Self.left(Scope(service: service), in: &ofServices, now)
        let own = Self.left(Scope(user: user, service: service), in: &ofUsers, now)
        return all.map { max($0, own ?? 0) } ?? own
    }

    /// The milliseconds left for all users.
    mutating func left(_ service: Digest256, now: UInt64) -> UInt64? {
        Self.left(Scope(service: service), in: &ofServices, now)
    }

    private static func left(_ scope: Scope, in list: inout RecencyList<Scope, UInt64>, _ now: UInt64) -> UInt64? {
        guard let place = list.place(of: scope), let end = list[place] else { return nil }
        if end > now { return end &- now }
        list.remove(place)
        return nil
    }

    /// Takes in what a provider's answer says about when to come back. A loop's `Retry-After` is that user's alone.
    mutating func heed(_ fault: ExchangeFault, _ user: Digest256, _ service: Digest256, now: UInt64) {
        if fault.category == .loop {
            let pause = max(fault.retryAfter ?? 0, Self.loopPause)
            Self.begin(Scope(user: user, service: service), until: now.saturatingAdd(pause), in: &ofUsers)
        } else if let time = fault.retryAfter, time > 0, fault.isTransient {
            Self.begin(Scope(service: service), until: now.saturatingAdd(time), in: &ofServices)
        }
    }

    /// A shorter wish does not end a longer one.
    private static func begin(_ scope: Scope, until end: UInt64, in list: inout RecencyList<Scope, UInt64>) {
        let before = list.place(of: scope).flatMap { list[$0] } ?? 0
        list.insert(max(before, end), for: scope)
    }
}
