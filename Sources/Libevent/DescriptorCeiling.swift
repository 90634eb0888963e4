internal import Synchronization

/// From which number on no socket is kept, so that a few descriptors are left whatever happens: libdispatch opens
/// a file for each of its threads once a second, and ends the process when it can't.
package enum DescriptorCeiling {
    private static let number = Atomic<Int>(.max)

    package static func set(_ count: Int) { number.store(count, ordering: .relaxed) }

    static func isReached(by descriptor: Int32) -> Bool { Int(descriptor) >= number.load(ordering: .relaxed) }
}
