/// A tool's name, or several: `*` stands for any bytes, `?` for one, all else for itself in its own case. The whole
/// name has to match.
package struct ToolPattern: Sendable, Equatable {
    private let bytes: [UInt8]
    private static let any = UInt8(ascii: "*")
    private static let one = UInt8(ascii: "?")

    /// - Parameter text: of any length; the configuration has a bound.
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// Compares from left to right. After a mismatch only the last `*` takes one byte more, since whatever an earlier
    /// one could take as well would lead to the same places: at most name times pattern steps, however many stars.
    package func matches(_ name: Span<UInt8>) -> Bool {
        var (place, position) = (0, 0)
        var star: (next: Int, resume: Int)?
        while position < name.count {
            if place < bytes.count, bytes[place] == Self.any {
                place &+= 1
                star = (place, position)
            } else if place < bytes.count, bytes[place] == Self.one || bytes[place] == name[position] {
                place &+= 1
                position &+= 1
            } else if let last = star {
                position = last.resume &+ 1
                place = last.next
                star = (place, position)
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == Self.any }
    }
}
