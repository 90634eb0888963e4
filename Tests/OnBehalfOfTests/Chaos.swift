import Bytes
import Testing

@testable import OnBehalfOf

/// A ledger driven by chance, beside a model of what its callers were promised. Two users, whose logins are renewed
/// now and then, two services, each with a provider of its own, and two claims requests.
final class Chaos {
    /// One exchange under way.
    struct Pending {
        var id: FlightID
        var key: ExchangeKey
        /// nil unless it is a renewal.
        var rejected: MintedToken?
        var asked: UInt64
    }

    /// Who was told to join or to lead.
    struct Caller {
        var flight: FlightID
        var key: ExchangeKey
        var isRenewal: Bool
    }

    let seed: UInt64
    let desk: Desk
    let limits: LedgerLimits
    /// Whether minted tokens live on after the user's.
    let outlive: Bool
    var random: Seeded
    var stepNumber = 0
    /// Providers that are down, and whether upstreams reject whatever they are given, for a while.
    var down: Set<UInt64> = []
    var strict = false
    var now: UInt64 = 1_000_000

    var logins: [UInt64: UInt64] = [0: 10, 1: 1010]
    var ends: [UInt64: UInt64] = [10: 4_000_000, 1010: 5_000_000]

    var flights: [FlightID: Pending] = [:]
    var outcomes: [FlightID: ExchangeOutcome] = [:]
    var announced: [Caller] = []
    var waiting: [Int: (ticket: WaitTicket, caller: Caller)] = [:]
    var answered: Set<Int> = []
    var nextWaiter = 0

    /// Every token, alive so that no identity is used twice, and whose it is.
    var all: [MintedToken] = []
    var owners: [ObjectIdentifier: ExchangeKey] = [:]
    /// Tokens of renewals of which nobody has said yet that they served.
    var unproven: Set<ObjectIdentifier> = []
    /// Flights that were under way during an eviction, and the tokens that they brought.
    var outdated: Set<FlightID> = []
    var stale: Set<ObjectIdentifier> = []
    /// Tokens that an upstream has rejected.
    var rejected: Set<ObjectIdentifier> = []
    /// Renewed tokens that requests were sent with.
    var trials: [(token: MintedToken, key: ExchangeKey)] = []

    struct Question: Hashable { var token: UInt64, asked: UInt64 }
    var rejectedUntil: [Question: UInt64] = [:]
    var quietUntil: [UInt64: UInt64] = [:]
    struct Loop: Hashable { var user: UInt64, service: UInt64 }
    var loopUntil: [Loop: UInt64] = [:]
    /// The probe under way by provider, and since when.
    var probes: [Int: (id: FlightID, since: UInt64)] = [:]

    /// How often what was seen, so that a test can say that it has seen everything.
    var seen: [String: Int] = [:]

    init(seed: UInt64) {
        self.seed = seed
        random = Seeded(state: seed)
        outlive = seed % 2 == 0
        limits = LedgerLimits(maxEntries: seed % 3 == 0 ? 2 : 6, flights: 9)
        desk = Desk(limits)
    }

    func promise(_ condition: Bool, _ what: String, _ location: SourceLocation = #_sourceLocation) {
        if !condition { Issue.record("seed \(seed), step \(stepNumber): \(what)", sourceLocation: location) }
    }

    /// In an order of their own: a dictionary's is another one in every run.
    var underWay: [Pending] { flights.values.sorted { $0.id.number < $1.id.number } }

    func chance(_ n: Int) -> Int { Int.random(in: 0..<n, using: &random) }

    func note(_ what: String) { seen[what, default: 0] += 1 }

    func step() {
        stepNumber += 1
        switch chance(32) {
        case 0..<8: look()
        case 8..<14: wait()
        case 14..<15: leave()
        case 15..<20: if let pending = underWay.randomElement(using: &random) { end(pending) }
        case 20..<24: renew()
        case 24..<28: judge()
        case 28..<30:
            now += [0, 0, 1, 5000, 5000, 23_000, 61_000, 500_000, 3_300_000][chance(9)] + UInt64(chance(2000))
        case 30: disturb()
        default: logIn(UInt64(chance(2)))
        }
        promise(desk.count <= limits.maxEntries, "too many tokens")
        promise(desk.flightCount <= limits.flights, "too many flights")
    }

    /// Lets everything come to its end.
    func settle() {
        while let pending = underWay.first { end(pending) }
        while !announced.isEmpty { wait() }
        promise(waiting.isEmpty, "somebody still waits")
        promise(answered.count == nextWaiter, "somebody was not answered")
        promise(desk.flightCount == 0 && !desk.isJoinable, "a flight is left behind")
    }

    // MARK: Users

    func user(_ login: UInt64) -> UInt64 { login / 1000 }

    func logIn(_ user: UInt64) {
        let login = (logins[user] ?? 0) + 1
        logins[user] = login
        ends[login] = now + [40_000, 3_000_000, 9_000_000][chance(3)]
    }

    /// A key that its user may come with, and its parts.
    func come() -> (key: ExchangeKey, login: UInt64, service: UInt64) {
        let user = UInt64(chance(2))
        if !outlive, now >= ends[logins[user] ?? 0] ?? 0 { logIn(user) }
        let (login, service) = (logins[user] ?? 0, UInt64(chance(2)))
        return (key(login, service), login, service)
    }

    func limit(_ login: UInt64) -> UInt64 { outlive ? .max : ends[login] ?? 0 }

    // MARK: What callers do

    func look() {
        let (asked, login, service) = come()
        let mayExchange = now < ends[login] ?? 0 && chance(12) > 0
        let wasOpen = desk.isBreakerOpen(provider: Int(service))
        let lookup = desk.ask(
            asked, now, user: user(login), provider: Int(service), userTokenExpires: limit(login),
            mayExchange: mayExchange)
        switch lookup {
        case .hit(let token):
            note("hit")
            handed(token, asked, login)
            promise(!unproven.contains(ObjectIdentifier(token)), "a token was kept that has not served")
        case .hitRefresh(let token, let id):
            note("refresh")
            handed(token, asked, login)
            promise(mayExchange, "exchanged without leave")
            begin(Pending(id: id, key: asked, asked: service), login, wasOpen)
        case .join(let id):
            note("join")
            promise(flights[id]?.key == asked && flights[id]?.rejected == nil, "joined another key's flight")
            announced.append(Caller(flight: id, key: asked, isRenewal: false))
        case .lead(let id):
            note("lead")
            begin(Pending(id: id, key: asked, asked: service), login, wasOpen)
            announced.append(Caller(flight: id, key: asked, isRenewal: false))
        case .absent: promise(!mayExchange, "no leave to exchange")
        case .negative(let fault): refused(fault, login, service)
        case .breakerOpen, .throttled, .overloaded: note("\(lookup)".prefix { $0 != "(" }.description)
        case .renewedInVain: promise(false, "renewed without being asked to")
        }
        if !mayExchange {
            switch lookup {
            case .hit, .absent: break
            default: promise(false, "neither a hit nor absent")
            }
        }
    }

    func renew() {
        let (key, login, service) = come()
        let mine = all.suffix(chance(2) == 0 ? 5 : 30).filter { owners[ObjectIdentifier($0)] == key }
        guard now < ends[login] ?? 0, let token = mine.randomElement(using: &random) else { return }
        let asked = [service, 100, 101][chance(3)]
        let wasOpen = desk.isBreakerOpen(provider: Int(service))
        rejected.insert(ObjectIdentifier(token))
        let lookup = desk.renew(
            key, token, now, asking: asked, user: user(login), provider: Int(service))
        switch lookup {
        case .hit(let other):
            note("renewed hit")
            promise(other !== token, "the rejected token again")
            promise(owners[ObjectIdentifier(other)] == key, "another key's token")
            promise(now < leaves(other), "an expired token")
            promise(!rejected.contains(ObjectIdentifier(other)), "a rejected token")
            promise(!stale.contains(ObjectIdentifier(other)), "a token from before an eviction")
            trials.append((other, key))
        case .lead(let id):
            note("renewal")
            begin(Pending(id: id, key: key, rejected: token, asked: asked), login, wasOpen)
            announced.append(Caller(flight: id, key: key, isRenewal: true))
        case .join(let id):
            note("renewal joined")
            let flight = flights[id]
            promise(
                flight?.key == key && flight?.rejected === token && flight?.asked == asked, "joined another renewal")
            announced.append(Caller(flight: id, key: key, isRenewal: true))
        case .negative(let fault): refused(fault, login, asked)
        case .renewedInVain:
            note("in vain")
            // It may have stayed, for want of a better one.
            rejected.remove(ObjectIdentifier(token))
        case .breakerOpen, .throttled, .overloaded: break
        case .hitRefresh, .absent: promise(false, "no answer to a rejection")
        }
    }

    /// What an upstream says to a renewed token.
    func judge() {
        guard !trials.isEmpty else { return }
        let (token, key) = trials.remove(at: chance(trials.count))
        unproven.remove(ObjectIdentifier(token))
        if chance(strict ? 20 : 3) == 0 {
            desk.keep(token, for: key, now: now, userTokenExpires: limit(key.token.words.0))
            rejected.remove(ObjectIdentifier(token))
        } else {
            desk.renewedInVain(token, for: key, now: now)
            rejected.insert(ObjectIdentifier(token))
        }
    }

    func wait() {
        guard !announced.isEmpty else { return }
        let caller = announced.remove(at: chance(announced.count))
        let waiter = nextWaiter
        nextWaiter += 1
        switch desk.wait(on: caller.flight, waiter: waiter, now: now) {
        case .waiting(let ticket): waiting[waiter] = (ticket, caller)
        case .ended(let outcome):
            note("late")
            // Too late to be handed back, but not for the outcome, unless that is over.
            let whole = outcomes[caller.flight]
            promise(
                outcome.token === whole?.token && outcome.fault == whole?.fault
                    || outcome.fault == .timedOut && whole?.token.map { now >= $0.expiresAt } == true,
                "another outcome than the others'")
            answer(waiter, outcome, caller)
        }
    }

    func answer(_ waiter: Int, _ outcome: ExchangeOutcome, _ caller: Caller) {
        promise(answered.insert(waiter).inserted, "answered twice")
        guard let token = outcome.token else { return }
        promise(owners[ObjectIdentifier(token)] == caller.key, "another key's token")
        promise(token.lifetime == 0 || now < token.expiresAt, "an expired token")
        if caller.isRenewal { trials.append((token, caller.key)) }
    }

    func leave() {
        guard let waiter = waiting.keys.sorted().randomElement(using: &random), let place = waiting[waiter] else {
            return
        }
        promise(desk.leave(place.ticket) == waiter, "not the one who left")
        promise(desk.leave(place.ticket) == nil, "left twice")
        promise(answered.insert(waiter).inserted, "left after the answer")
        waiting[waiter] = nil
    }

    func disturb() {
        switch chance(8) {
        case 0:
            let service = UInt64(chance(2))
            desk.evict(service)
            for flight in flights.values where flight.key.service.words.0 == service { outdated.insert(flight.id) }
        case 1, 2, 3: down = [[], [0], [1], [0, 1]][chance(4)]
        case 4, 5: strict.toggle()
        default:
            if let token = all.suffix(20).randomElement(using: &random), let owner = owners[ObjectIdentifier(token)] {
                desk.forget(owner, ifToken: token)
                rejected.insert(ObjectIdentifier(token))
            }
        }
    }
}
