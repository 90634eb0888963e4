internal import CLinux
internal import Glibc

/// What this process has given up for the rest of its life, so that a fault in it is worth less to whoever finds it.
package struct Hardening: Sendable {
    /// Nothing that is started gains privileges, by set-user-id or file capabilities (`PR_SET_NO_NEW_PRIVS`).
    package let privileges: Measure
    /// No core file, and no other process of the same user reads our memory, in which the secrets are.
    package let memory: Measure
    /// System calls that no proxy makes fail with EPERM.
    package let systemCalls: Measure
    /// Nothing in the file system is written, created or removed, but for sockets where listeners are.
    package let files: Measure

    /// Takes it all from the calling thread and from every thread that it starts from now on; call it before there are
    /// others. What the kernel does not have is left out, and said in the result.
    /// - Parameter socketDirectories: where sockets of listeners may be made and removed.
    package static func apply(socketDirectories: [String]) -> Hardening {
        // In this order: without the first the kernel takes the last two from privileged processes only.
        Hardening(
            privileges: Measure(obo_prctl(PR_SET_NO_NEW_PRIVS, 1)),
            memory: refuseDumps(),
            systemCalls: SystemCallFilter.install(),
            files: FileRestriction.install(socketDirectories: socketDirectories))
    }

    /// The limit alone is not heeded where cores are piped to a program, and the flag alone can be reset by the kernel.
    private static func refuseDumps() -> Measure {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        let limit = unsafe Measure(setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none))
        guard case .inForce = limit else { return limit }
        return Measure(obo_prctl(PR_SET_DUMPABLE, 0))
    }
}

/// Whether one measure holds.
package enum Measure: Sendable, Equatable, CustomStringConvertible {
    case inForce
    /// The kernel said no, with this `errno`: it is too old, or a container's own filter forbids to ask.
    case refused(Int32)
    /// Not for this processor, or not in this version of the kernel.
    case unknownHere

    /// - Parameter result: a system call's: negative where it failed and set `errno`.
    init(_ result: Int32) { self = result < 0 ? .refused(errno) : .inForce }

    /// `on`, or `off` with the reason.
    package var description: String {
        switch self {
        case .inForce: "on"
        case .refused(let code): unsafe "off: \(String(cString: strerror(code)))"
        case .unknownHere: "off: unknown to this system"
        }
    }
}
