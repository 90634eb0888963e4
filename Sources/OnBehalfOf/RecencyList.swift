/// A bounded map that forgets what was used longest ago. Entries are places in one array, linked by index, so that
/// a use moves two links and neither allocates nor touches the dictionary.
struct RecencyList<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var key: Key
        /// nil while the place is free, so that a removed token is released at once.
        var value: Value?
        var newer: Int32
        var older: Int32
    }

    private static var none: Int32 { -1 }

    private var nodes: ContiguousArray<Node> = []
    private var places: [Key: Int32] = [:]
    private var newest = Self.none
    private var oldest = Self.none
    /// Free places, linked by `older`.
    private var free = Self.none
    private(set) var capacity: Int

    /// - Parameter capacity: at least 1 entry is kept.
    init(capacity: Int) { self.capacity = Self.clamped(capacity) }

    private static func clamped(_ capacity: Int) -> Int { min(max(capacity, 1), Int(Int32.max) - 1) }

    /// Keeps so many from now on; those that were used longest ago are forgotten at once.
    mutating func resize(_ capacity: Int) {
        self.capacity = Self.clamped(capacity)
        while places.count > self.capacity, oldest != Self.none { remove(Int(oldest)) }
    }

    var count: Int { places.count }

    /// The entry's place, which stays true until the next mutation but `touch`.
    @inline(__always)
    func place(of key: Key) -> Int? { places[key].map(Int.init) }

    /// The value at a place that `place(of:)` returned.
    subscript(place: Int) -> Value? {
        @inline(__always) get { nodes[place].value }
        @inline(__always) _modify { yield &nodes[place].value }
    }

    /// The entry that was used longest ago.
    var oldestPlace: Int? { oldest == Self.none ? nil : Int(oldest) }

    /// The key at a place that `place(of:)` returned.
    func key(at place: Int) -> Key { nodes[place].key }

    /// Makes the entry the last to be forgotten.
    @inline(__always)
    mutating func touch(_ place: Int) {
        guard Int32(truncatingIfNeeded: place) != newest else { return }
        unlink(place)
        link(place)
    }

    /// Sets the value of a key, forgetting the entry that was used longest ago if there is no room.
    mutating func insert(_ value: Value, for key: Key) {
        if let place = place(of: key) {
            nodes[place].value = value
            return touch(place)
        }
        if places.count >= capacity, oldest != Self.none { remove(Int(oldest)) }
        let place = takePlace(Node(key: key, value: value, newer: Self.none, older: Self.none))
        places[key] = Int32(truncatingIfNeeded: place)
        link(place)
    }

    /// Forgets the entry at a place that `place(of:)` returned.
    mutating func remove(_ place: Int) {
        unlink(place)
        places[nodes[place].key] = nil
        nodes[place].value = nil
        nodes[place].older = free
        free = Int32(truncatingIfNeeded: place)
    }

    /// Forgets every entry that matches, and says how many.
    mutating func removeAll(where matches: (Key, Value) -> Bool) -> Int {
        var removed = 0
        for place in nodes.indices {
            guard let value = nodes[place].value, matches(nodes[place].key, value) else { continue }
            remove(place)
            removed &+= 1
        }
        return removed
    }

    private mutating func takePlace(_ node: Node) -> Int {
        guard free != Self.none else {
            nodes.append(node)
            return nodes.count - 1
        }
        let place = Int(free)
        free = nodes[place].older
        nodes[place] = node
        return place
    }

    private mutating func link(_ place: Int) {
        let this = Int32(truncatingIfNeeded: place)
        nodes[place].older = newest
        nodes[place].newer = Self.none
        if newest != Self.none { nodes[Int(newest)].newer = this } else { oldest = this }
        newest = this
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (nodes[place].newer, nodes[place].older)
        if newer != Self.none { nodes[Int(newer)].older = older } else { newest = older }
        if older != Self.none { nodes[Int(older)].newer = newer } else { oldest = newer }
    }
}
