import Bytes
import Testing

@testable import OnBehalfOf

/// A class, since `#expect` mutates nothing.
private final class Line {
    var queue: FairQueue<String>

    init(capacity: Int = 100, perUser: Int = 100) { queue = FairQueue(capacity: capacity, capacityPerUser: perUser) }

    /// - Parameter name: the user's letter, and what tells this element from the user's others.
    @discardableResult
    func add(_ name: String) -> FairQueue<String>.Ticket? {
        queue.append(name, of: digest(UInt64(name.utf8.first ?? 0)))
    }

    func next() -> String? { queue.popFirst() }
    func remove(_ ticket: FairQueue<String>.Ticket?) -> String? { ticket.flatMap { queue.remove($0) } }

    func rest() -> [String] {
        var all: [String] = []
        while let element = next() { all.append(element) }
        return all
    }
}

@Suite struct FairQueueTests {
    @Test func usersTakeTurns() {
        let line = Line()
        for name in ["a1", "a2", "a3", "a4", "b1", "c1", "c2"] { line.add(name) }
        #expect(line.queue.count == 7)
        #expect(line.rest() == ["a1", "b1", "c1", "a2", "c2", "a3", "a4"])
        #expect(line.queue.count == 0)
        #expect(line.next() == nil)
    }

    /// Who has just had a turn does not get the next one by coming again.
    @Test func whoComesAgainIsBehindTheOthers() {
        let line = Line()
        for name in ["a1", "a2", "b1"] { line.add(name) }
        #expect(line.next() == "a1")
        line.add("a3")
        line.add("c1")
        #expect(line.rest() == ["b1", "a2", "c1", "a3"])
    }

    @Test(arguments: [
        ("a1", ["a2", "b1", "a3"]), ("a2", ["a1", "b1", "a3"]), ("a3", ["a1", "b1", "a2"]), ("b1", ["a1", "a2", "a3"]),
    ])
    func whoWaitsNoLongerIsTakenOut(_ name: String, _ rest: [String]) {
        let line = Line()
        let tickets = ["a1", "a2", "a3", "b1"].map { ($0, line.add($0)) }
        let gone = tickets.first { $0.0 == name }?.1
        #expect(line.remove(gone) == name)
        #expect(line.remove(gone) == nil)
        #expect(line.queue.count == 3)
        #expect(line.rest() == rest)
    }

    @Test func aTicketIsNotTheNextOnes() {
        let line = Line()
        let old = line.add("a1")
        #expect(line.next() == "a1")
        line.add("a2")
        #expect(line.remove(old) == nil)
        #expect(line.next() == "a2")
    }

    @Test func refusesWhatIsTooMuch() {
        let line = Line(capacity: 4, perUser: 2)
        #expect(line.add("a1") != nil && line.add("a2") != nil)
        #expect(line.add("a3") == nil)
        #expect(line.add("b1") != nil && line.add("c1") != nil)
        #expect(line.add("d1") == nil)
        #expect(line.next() == "a1")
        #expect(line.add("a3") != nil)
        #expect(line.rest() == ["b1", "c1", "a2", "a3"])
    }

    /// The queue against the obvious implementation.
    @Test(arguments: 1...10) func behavesLikeLines(_ seed: UInt64) {
        var random = Seeded(state: seed)
        var queue = FairQueue<Int>(capacity: 12, capacityPerUser: 5)
        var model: [(user: UInt64, waiting: [Int])] = []
        var tickets: [(number: Int, ticket: FairQueue<Int>.Ticket)] = []
        for number in 0..<5000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0...2:
                let user = UInt64.random(in: 0..<5, using: &random)
                let line = model.firstIndex { $0.user == user }
                let fits =
                    model.reduce(0) { $0 + $1.waiting.count } < 12 && (line.map { model[$0].waiting.count } ?? 0) < 5
                let ticket = queue.append(number, of: digest(user))
                #expect((ticket != nil) == fits, "seed \(seed)")
                guard let ticket else { continue }
                tickets.append((number, ticket))
                if let line { model[line].waiting.append(number) } else { model.append((user, [number])) }
            case 3:
                #expect(queue.popFirst() == model.first?.waiting.first, "seed \(seed)")
                guard var line = model.first else { continue }
                line.waiting.removeFirst()
                model.removeFirst()
                if !line.waiting.isEmpty { model.append(line) }
            default:
                guard let index = tickets.suffix(20).indices.randomElement(using: &random) else { continue }
                let (number, ticket) = tickets.remove(at: index)
                let line = model.firstIndex { $0.waiting.contains(number) }
                #expect(queue.remove(ticket) == line.map { _ in number }, "seed \(seed)")
                guard let line else { continue }
                model[line].waiting.removeAll { $0 == number }
                if model[line].waiting.isEmpty { model.remove(at: line) }
            }
            #expect(queue.count == model.reduce(0) { $0 + $1.waiting.count }, "seed \(seed)")
        }
    }
}
