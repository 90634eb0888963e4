internal import Bytes

/// A bounded table that forgets what was not asked for longest. Looking up takes constant time and allocates nothing.
struct RecencyCache<Value> {
    private struct Entry {
        var key: Digest256
        var value: Value
        /// Towards the more recently used; -1 at the end.
        var newer: Int
        /// Towards the less recently used; -1 at the end.
        var older: Int
    }

    private let bound: Int
    private var places: [Digest256: Int] = [:]
    private var entries: [Entry] = []
    private var newest = -1
    private var oldest = -1

    /// - Parameter bound: entries kept, at least 1.
    init(bound: Int) { self.bound = max(bound, 1) }

    var count: Int { entries.count }

    /// The value, which then counts as the most recently used.
    mutating func value(for key: Digest256) -> Value? {
        guard let place = places[key] else { return nil }
        touch(place)
        return entries[place].value
    }

    /// Adds or replaces, over the least recently used one when full.
    mutating func insert(_ value: Value, for key: Digest256) {
        if let place = places[key] {
            entries[place].value = value
            touch(place)
        } else if entries.count < bound {
            places[key] = entries.count
            entries.append(Entry(key: key, value: value, newer: -1, older: -1))
            link(entries.count - 1)
        } else {
            let place = oldest
            unlink(place)
            places[entries[place].key] = nil
            places[key] = place
            entries[place] = Entry(key: key, value: value, newer: -1, older: -1)
            link(place)
        }
    }

    /// Forgets one entry. The last entry moves into its place, so that there are no gaps.
    mutating func remove(_ key: Digest256) {
        guard let place = places.removeValue(forKey: key) else { return }
        unlink(place)
        let last = entries.count - 1
        if place != last {
            let (newer, older) = (entries[last].newer, entries[last].older)
            entries[place] = entries[last]
            places[entries[place].key] = place
            if newer >= 0 { entries[newer].older = place } else { newest = place }
            if older >= 0 { entries[older].newer = place } else { oldest = place }
        }
        entries.removeLast()
    }

    mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        (newest, oldest) = (-1, -1)
    }

    @inline(__always)
    private mutating func touch(_ place: Int) {
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func link(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
