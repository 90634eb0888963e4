import Glibc

/// Counts what the calling thread allocates on Swift's heap: objects, arrays, dictionaries, boxes, closures. By the
/// runtime's own hook for instruments; the other threads' allocations go past it.
enum AllocationCounter {
    private typealias Allocate =
        @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

    nonisolated(unsafe) private static var original: Allocate?
    nonisolated(unsafe) private static var thread: pthread_t = 0
    nonisolated(unsafe) private static var count = 0

    /// - Returns: nil where the runtime has no such hook.
    static func count(_ body: () -> Void) -> Int? {
        guard let hook = dlsym(nil, "_swift_allocObject")?.assumingMemoryBound(to: Allocate.self),
            let enabled = dlsym(
                nil, "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly")?
                .assumingMemoryBound(to: Bool.self)
        else { return nil }
        original = hook.pointee
        thread = pthread_self()
        hook.pointee = { metadata, size, alignment in
            if pthread_self() == AllocationCounter.thread { AllocationCounter.count &+= 1 }
            return AllocationCounter.original?(metadata, size, alignment)
        }
        enabled.pointee = true
        count = 0
        body()
        let result = count
        enabled.pointee = false
        if let original { hook.pointee = original }
        return result
    }
}
