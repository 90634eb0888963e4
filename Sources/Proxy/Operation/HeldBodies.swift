internal import Synchronization

/// How much the bodies that are read as a whole may take together: for each a whole one is fine, for thousands of
/// connections at once it would be all the memory there is.
final class HeldBodies: Sendable {
    private let held = Atomic<Int>(0)

    /// Bytes that all shares have together.
    var bytes: Int { held.load(ordering: .relaxed) }

    fileprivate func take(_ count: Int, of most: Int) -> Bool {
        if held.wrappingAdd(count, ordering: .relaxed).newValue <= most { return true }
        give(count)
        return false
    }

    fileprivate func give(_ count: Int) { held.wrappingSubtract(count, ordering: .relaxed) }
}

/// One body's part of it, given back when this goes.
final class BodyShare {
    private let bodies: HeldBodies
    private let most: Int
    private var taken = 0
    /// What every connection may have in its buffers anyway, and the steps in which more is taken.
    private static let step = 64 * 1024

    /// - Parameter limit: the largest body; sixteen of these, and 64 MiB at least, are what all may take.
    init(of bodies: HeldBodies, limit: UInt64) {
        self.bodies = bodies
        most = max(Int(clamping: min(limit, 1 << 40)) &* 16, 64 << 20)
    }

    deinit { bodies.give(taken) }

    /// Whether there is room for a body of so many bytes, which is then taken.
    func covers(_ count: Int) -> Bool {
        guard count > taken &+ Self.step else { return true }
        let more = (count &- taken &- 1) / Self.step &* Self.step
        guard bodies.take(more, of: most) else { return false }
        taken &+= more
        return true
    }
}
