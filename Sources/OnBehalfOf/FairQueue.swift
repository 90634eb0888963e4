package import Bytes

/// Exchanges that wait for one of a provider's connections: users take turns, each user's own go in the order in which
/// they came. So whoever asks for much waits behind themselves and not in front of everybody. Every step takes the same
/// time however many wait.
package struct FairQueue<Element: Sendable>: Sendable {
    /// A place in the queue, by which its element can be taken out early.
    package struct Ticket: Sendable {
        fileprivate let place: Int
        fileprivate let serial: UInt64
    }

    private struct Place: Sendable {
        /// nil while the place is free.
        var element: Element?
        var user: Digest256
        /// Tells those apart who had the place before.
        var serial: UInt64
        /// Neighbours in the user's line; of a free place, `next` is another free one.
        var next: Int?
        var previous: Int?
    }

    private struct Line: Sendable {
        var first: Int
        var last: Int
        var count = 1
    }

    private var places: ContiguousArray<Place> = []
    private var free: Int?
    /// The users in the order of their turns: whose was longest ago is next.
    private var lines: RecencyList<Digest256, Line>
    private var serial: UInt64 = 0
    private let capacity: Int
    private let capacityPerUser: Int

    /// The number of elements.
    package private(set) var count = 0

    /// - Parameters:
    ///   - capacity: how many may wait.
    ///   - capacityPerUser: how many of one user, so that one cannot fill the queue for all.
    package init(capacity: Int, capacityPerUser: Int) {
        self.capacity = max(capacity, 1)
        self.capacityPerUser = max(capacityPerUser, 1)
        // A user has at least one element, so the list never has to forget one.
        lines = RecencyList(capacity: self.capacity)
    }

    /// Appends an element to its user's line.
    /// - Returns: nil when the queue, or the user's share of it, is full.
    package mutating func append(_ element: Element, of user: Digest256) -> Ticket? {
        let line = lines.place(of: user)
        let before = line.flatMap { lines[$0] }
        guard count < capacity, before?.count ?? 0 < capacityPerUser else { return nil }
        serial &+= 1
        let place = takePlace(
            Place(element: element, user: user, serial: serial, next: nil, previous: before?.last))
        if let line, let last = before?.last {
            places[last].next = place
            lines[line]?.last = place
            lines[line]?.count += 1
        } else {
            lines.insert(Line(first: place, last: place), for: user)
        }
        count += 1
        return Ticket(place: place, serial: serial)
    }

    /// Takes out the next element: the first of the user whose last turn was longest ago.
    package mutating func popFirst() -> Element? {
        guard let line = lines.oldestPlace, let first = lines[line]?.first else { return nil }
        lines.touch(line)
        return remove(first)
    }

    /// Takes out an element that waits no longer; nil when it has been taken out already.
    package mutating func remove(_ ticket: Ticket) -> Element? {
        guard places.indices.contains(ticket.place), places[ticket.place].serial == ticket.serial else { return nil }
        return remove(ticket.place)
    }

    private mutating func remove(_ place: Int) -> Element? {
        guard let element = places[place].element, let line = lines.place(of: places[place].user) else { return nil }
        let (next, previous) = (places[place].next, places[place].previous)
        if let next { places[next].previous = previous } else if let previous { lines[line]?.last = previous }
        if let previous { places[previous].next = next } else if let next { lines[line]?.first = next }
        if next == nil, previous == nil { lines.remove(line) } else { lines[line]?.count -= 1 }
        places[place].element = nil
        places[place].next = free
        free = place
        count -= 1
        return element
    }

    private mutating func takePlace(_ place: Place) -> Int {
        guard let index = free else {
            places.append(place)
            return places.count - 1
        }
        free = places[index].next
        places[index] = place
        return index
    }
}
