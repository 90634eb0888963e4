internal import CLinux
internal import Glibc

/// A seccomp filter: the kernel runs it before each system call, and what it denies fails with EPERM. It does not kill:
/// a library that tries something and goes on without must not take the users' streams down with it.
enum SystemCallFilter {
    /// For the calling thread and those that it starts.
    static func install() -> Measure {
        #if arch(x86_64) || arch(arm64)
            var instructions = program
            let count = UInt16(clamping: instructions.count)
            return unsafe instructions.withUnsafeMutableBufferPointer { buffer in
                var program = unsafe sock_fprog(len: count, filter: buffer.baseAddress)
                return unsafe Measure(obo_set_filter(&program))
            }
        #else
            return .unknownHere
        #endif
    }

    #if arch(x86_64) || arch(arm64)
        /// Offsets in `seccomp_data`; both processors are little-endian.
        private static let (number, architecture, firstArgument): (UInt32, UInt32, UInt32) = (0, 4, 16)
        private static let permitted = UInt32(SECCOMP_RET_ALLOW)
        private static let denied = failure(EPERM)

        /// Numbers mean other calls in a processor's other modes, so those modes are denied as a whole.
        private static var program: [sock_filter] {
            [load(architecture), skipNext(ifEqual: obo_architecture), answer(denied), load(number)]
                + otherMode
                + SystemCalls.denied.flatMap { [skipNext(unlessEqual: UInt32($0)), answer(denied)] }
                // Its flags are in memory, where no filter sees them; without it the C library takes clone.
                + [skipNext(unlessEqual: UInt32(SYS_clone3)), answer(failure(ENOSYS))]
                + threadsOnly + [answer(permitted)]
        }

        /// x32: the numbers of x86_64 with this bit, and a way around each comparison.
        private static var otherMode: [sock_filter] {
            #if arch(x86_64)
                [jump(BPF_JSET, 0x4000_0000, over: (0, 1)), answer(denied)]
            #else
                []
            #endif
        }

        /// Threads yes, processes and namespaces no.
        private static var threadsOnly: [sock_filter] {
            [
                jump(BPF_JEQ, UInt32(SYS_clone), over: (0, 3)), load(firstArgument),
                jump(BPF_JSET, obo_clone_thread, over: (1, 0)), answer(denied),
            ]
        }

        private static func failure(_ code: Int32) -> UInt32 { UInt32(SECCOMP_RET_ERRNO) | UInt32(code) }

        private static func load(_ offset: UInt32) -> sock_filter {
            sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: offset)
        }

        private static func answer(_ verdict: UInt32) -> sock_filter {
            sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: verdict)
        }

        private static func skipNext(ifEqual value: UInt32) -> sock_filter { jump(BPF_JEQ, value, over: (1, 0)) }
        private static func skipNext(unlessEqual value: UInt32) -> sock_filter { jump(BPF_JEQ, value, over: (0, 1)) }

        /// - Parameter over: how many instructions to leave out when the test holds, and when it does not.
        private static func jump(_ test: Int32, _ value: UInt32, over: (UInt8, UInt8)) -> sock_filter {
            sock_filter(code: UInt16(BPF_JMP | test | BPF_K), jt: over.0, jf: over.1, k: value)
        }
    #endif
}
