/// The field lines of a head in order, with an index of what is there.
struct FieldSection: Sendable {
    var lines = ContiguousArray<FieldLine>()
    /// Every id that some line has.
    var present = FieldSet()
    /// Every id that more than one line has.
    var repeated = FieldSet()

    /// Room for 48 lines is one allocation of less than a kilobyte; only larger heads need a second.
    init(reserving limit: Int) { lines.reserveCapacity(max(min(limit, 48), 0)) }

    @inline(__always)
    mutating func append(_ line: FieldLine) {
        if present.contains(line.id) { repeated.insert(line.id) }
        present.insert(line.id)
        lines.append(line)
    }

    /// The first line with this id.
    @inline(__always)
    func first(_ id: FieldID) -> FieldLine? {
        guard present.contains(id) else { return nil }
        let lines = lines.span
        for i in lines.indices where lines[i].id == id { return lines[i] }
        return nil
    }

    /// How many lines have this id.
    func count(of id: FieldID) -> Int {
        guard present.contains(id) else { return 0 }
        var count = 0
        let lines = lines.span
        for i in lines.indices where lines[i].id == id { count &+= 1 }
        return count
    }
}
