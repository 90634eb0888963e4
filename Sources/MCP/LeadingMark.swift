/// Takes the byte order mark from the front of an event stream in front of which something else was said. Only the very
/// first bytes may be one (HTML §9.2.5): further on it would spoil the name of the first field.
package struct LeadingMark: Sendable {
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    private var matched = 0

    /// Before the first bytes of a stream.
    package init() {}

    /// Looks at the next bytes.
    /// - Parameter bytes: not empty.
    /// - Returns: how many of them belong to the mark or may do so, and whether that is settled; in which case `back`
    ///   has come before, was taken for a part of the mark, and is none.
    package mutating func take(_ bytes: Span<UInt8>) -> (count: Int, isSettled: Bool, back: ArraySlice<UInt8>) {
        let before = matched
        var count = 0
        while matched < 3, count < bytes.count {
            guard bytes[count] == Self.mark[matched] else { return (0, true, Self.mark[..<before]) }
            matched &+= 1
            count &+= 1
        }
        return (count, matched == 3, [])
    }
}
