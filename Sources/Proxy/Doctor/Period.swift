/// A length of time for people: the two largest units of it.
struct Period: CustomStringConvertible {
    let seconds: Int

    private static let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")]

    var description: String {
        var rest = max(seconds, 0)
        var parts: [String] = []
        for (size, name) in Self.units where rest >= size && parts.count < 2 {
            parts.append("\(rest / size) \(name)")
            rest %= size
        }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }
}
