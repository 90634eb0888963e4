// Tells ThreadSanitizer about the half of Swift's Mutex that it can't see.
//
// The uncontended half of `Synchronization.Mutex` is inlined into our code and instrumented with it. The contended
// half, `_lockSlow` and `_unlockSlow`, lives in libswiftSynchronization.so, which is not instrumented, and hands the
// lock over inside the kernel (FUTEX_LOCK_PI). Without this file, whatever two threads do under a contended lock is
// reported as a race; a suppression would have to name our own functions and would hide their real races as well.
//
// The linker sends our calls of the two here (--wrap, see Scripts/sanitize). The edges are set on the lock's own
// word, the address of the instrumented half's atomics, so the halves order each other too. If a later Swift names
// them otherwise, linking fails, rather than quietly doing without.
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

// A method's receiver has its own register in Swift's calling convention.
#define METHOD __attribute__((swiftcall)) void
#define RECEIVER __attribute__((swift_context)) void *mutex

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

METHOD lock_slow(uint32_t thread, RECEIVER) __asm__("__real_" LOCK_SLOW);
METHOD unlock_slow(RECEIVER) __asm__("__real_" UNLOCK_SLOW);
METHOD annotated_lock_slow(uint32_t thread, RECEIVER) __asm__("__wrap_" LOCK_SLOW);
METHOD annotated_unlock_slow(RECEIVER) __asm__("__wrap_" UNLOCK_SLOW);

METHOD annotated_lock_slow(uint32_t thread, RECEIVER) {
    lock_slow(thread, mutex);
    __tsan_acquire(mutex);
}

METHOD annotated_unlock_slow(RECEIVER) {
    // Before the next owner can have it.
    __tsan_release(mutex);
    unlock_slow(mutex);
}
