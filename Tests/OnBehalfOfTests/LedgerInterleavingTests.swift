import Testing

@testable import OnBehalfOf

/// A ledger driven by chance, beside a model of what its callers were promised.
private final class Chaos {
    struct Pending {
        var flight: FlightID
        var key: ExchangeKey
        var ordinary: Bool
    }

    let desk: Desk
    var random: Seeded
    let limits: LedgerLimits
    var now: UInt64 = 1_000_000
    var flights: [FlightID: Pending] = [:]
    var outcomes: [FlightID: ExchangeOutcome] = [:]
    /// Those told to join or lead, who have not waited yet.
    var announced: [(flight: FlightID, key: ExchangeKey)] = []
    var waiting: [Int: (ticket: WaitTicket, key: ExchangeKey)] = [:]
    var answered: Set<Int> = []
    var nextWaiter = 0
    var minted = 0
    var owners: [ObjectIdentifier: ExchangeKey] = [:]
    /// Keeps tokens alive, so that no identity is used twice.
    var all: [MintedToken] = []
    var rejectedAt: [ExchangeKey: UInt64] = [:]
    var hits = 0

    init(seed: UInt64) {
        random = Seeded(state: seed)
        limits = LedgerLimits(maxEntries: 6, flights: 8)
        desk = Desk(limits)
    }

    func chance(_ n: Int) -> Int { Int.random(in: 0..<n, using: &random) }

    func randomKey() -> ExchangeKey { key(UInt64(chance(5)), UInt64(chance(2))) }

    func step() {
        switch chance(16) {
        case 0..<6: look()
        case 6..<10: wait()
        case 10: leave()
        case 11..<14: finish()
        case 14: now += [500_000, 23_000, 3_300_000, UInt64(chance(2000)), UInt64(chance(2000))][chance(5)]
        default: disturb()
        }
        #expect(desk.count <= limits.maxEntries)
        #expect(desk.flightCount <= limits.flights)
    }

    func look() {
        let asked = randomKey()
        let lookup = desk.ask(asked, now)
        switch lookup {
        case .hit(let token): check(token, asked)
        case .hitRefresh(let token, let flight):
            check(token, asked)
            begin(flight, asked, ordinary: true)
        case .join(let flight):
            #expect(flights[flight]?.key == asked && flights[flight]?.ordinary == true)
            announced.append((flight, asked))
        case .lead(let flight):
            begin(flight, asked, ordinary: true)
            announced.append((flight, asked))
        case .negative(let fault):
            #expect(fault.reason == .exchangeRejected)
            #expect(rejectedAt[asked].map { now < $0 + limits.negativeTTL } == true)
        case .breakerOpen, .throttled, .overloaded: break
        case .absent, .renewedInVain: Issue.record("not asked for")
        }
    }

    /// Those beside the cache aside, a key has one flight at a time.
    func begin(_ flight: FlightID, _ key: ExchangeKey, ordinary: Bool) {
        #expect(flights[flight] == nil && outcomes[flight] == nil)
        if ordinary { #expect(!flights.values.contains { $0.ordinary && $0.key == key }) }
        flights[flight] = Pending(flight: flight, key: key, ordinary: true)
    }

    func check(_ token: MintedToken, _ key: ExchangeKey) {
        hits += 1
        #expect(owners[ObjectIdentifier(token)] == key)
        #expect(now < token.expiresAt)
    }

    func wait() {
        guard !announced.isEmpty else { return }
        let (flight, key) = announced.remove(at: chance(announced.count))
        let waiter = nextWaiter
        nextWaiter += 1
        switch desk.wait(on: flight, waiter: waiter, now: now) {
        case .waiting(let ticket): waiting[waiter] = (ticket, key)
        case .ended(let outcome):
            // Too late to be handed back, but not for the outcome.
            if let token = outcomes[flight]?.token, token.lifetime > 0, now >= token.expiresAt {
                #expect(outcome.fault == .timedOut)
            } else {
                #expect(outcomes[flight].map { isSame($0, outcome) } == true)
            }
            answer(waiter, outcome, key)
        }
    }

    func answer(_ waiter: Int, _ outcome: ExchangeOutcome, _ key: ExchangeKey) {
        #expect(answered.insert(waiter).inserted)
        if case .minted(let token) = outcome { #expect(owners[ObjectIdentifier(token)] == key) }
    }

    func isSame(_ a: ExchangeOutcome, _ b: ExchangeOutcome) -> Bool {
        a.token === b.token && a.fault == b.fault
    }

    func leave() {
        guard let (waiter, place) = waiting.randomElement(using: &random) else { return }
        #expect(desk.leave(place.ticket) == waiter)
        #expect(desk.leave(place.ticket) == nil)
        #expect(answered.insert(waiter).inserted)
        waiting[waiter] = nil
    }

    func finish() {
        guard let pending = flights.values.randomElement(using: &random) else { return }
        end(pending)
    }

    func end(_ pending: Pending) {
        let outcome = outcome(for: pending.key)
        desk.attempted(pending.flight, fault: outcome.fault, now: now)
        if outcome.fault?.reason == .exchangeRejected { rejectedAt[pending.key] = now }
        for waiter in desk.finish(pending.flight, outcome, now: now) {
            let place = waiting.removeValue(forKey: waiter)
            #expect(place?.key == pending.key)
            answer(waiter, outcome, pending.key)
        }
        #expect(desk.finish(pending.flight, outcome, now: now).isEmpty)
        flights[pending.flight] = nil
        outcomes[pending.flight] = outcome
    }

    func outcome(for key: ExchangeKey) -> ExchangeOutcome {
        switch chance(6) {
        case 0: return .failed(.unreachable)
        case 1: return .failed(ExchangeFault(.exchangeRejected, status: 400))
        default:
            let lives: [UInt64] = [0, 1000, 50_000, 3_600_000]
            let token = OnBehalfOfTests.minted(lifetime: lives[chance(4)], at: now)
            owners[ObjectIdentifier(token)] = key
            all.append(token)
            minted += 1
            return .minted(token)
        }
    }

    func disturb() {
        switch chance(3) {
        case 0: desk.evict(UInt64(chance(2)))
        case 1:
            if let token = all.randomElement(using: &random), let owner = owners[ObjectIdentifier(token)] {
                desk.forget(owner, ifToken: token)
            }
        default: break
        }
    }

    /// Lets everything come to its end.
    func settle() {
        while !announced.isEmpty { wait() }
        while let pending = flights.values.first { end(pending) }
    }
}

@Suite struct LedgerInterleavingTests {
    @Test(arguments: 1...40) func keepsItsPromises(_ seed: UInt64) {
        let chaos = Chaos(seed: seed)
        for _ in 0..<2000 { chaos.step() }
        chaos.settle()
        #expect(chaos.waiting.isEmpty)
        #expect(chaos.answered.count == chaos.nextWaiter)
        #expect(chaos.desk.flightCount == 0)
        #expect(!chaos.desk.isJoinable)
        #expect(chaos.minted > 10 && chaos.hits > 10)
    }
}

@Suite struct RecencyListTests {
    /// The list against the obvious implementation.
    @Test(arguments: 1...10) func behavesLikeAnArray(_ seed: UInt64) {
        var random = Seeded(state: seed)
        var list = RecencyList<UInt64, Int>(capacity: 8)
        var model: [(key: UInt64, value: Int)] = []
        for value in 0..<3000 {
            let name = UInt64.random(in: 0..<14, using: &random)
            let found = model.firstIndex { $0.key == name }
            #expect(list.place(of: name).flatMap { list[$0] } == found.map { model[$0].value })
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                list.insert(value, for: name)
                if let found { model.remove(at: found) }
                model.append((name, value))
                if model.count > 8 { model.removeFirst() }
            case 1:
                guard let place = list.place(of: name), let found else { continue }
                list.touch(place)
                model.append(model.remove(at: found))
            case 2:
                guard let place = list.place(of: name), let found else { continue }
                list.remove(place)
                model.remove(at: found)
            default:
                guard value % 50 == 0 else { continue }
                let removed = list.removeAll { _, value in value % 3 == 0 }
                let before = model.count
                model.removeAll { $0.value % 3 == 0 }
                #expect(removed == before - model.count)
            }
            #expect(list.count == model.count)
        }
    }
}
