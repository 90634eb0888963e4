import CLinux
import Foundation
import Glibc
import Testing

@testable import Linux

/// The C function takes variable arguments, which Swift does not import; it reads them from registers like any other.
@_silgen_name("syscall")
private func systemCall(_ number: Int, _ first: Int, _ second: Int, _ third: Int, _ fourth: Int, _ fifth: Int) -> Int

/// What is taken is taken from one thread and its children, so each test gives a thread of its own away. What holds for the
/// whole process (cores, dumps) is the scenarios' business.
@Suite struct HardeningTests {
    /// Runs `body` on a new thread and returns what it returns.
    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }

    private func failure(_ call: () -> Int) -> Int32 {
        errno = 0
        return call() < 0 ? errno : 0
    }

    @Test func whatNoProxyAsksForIsDenied() async {
        let codes = await onThread {
            _ = obo_prctl(PR_SET_NO_NEW_PRIVS, 1)
            guard SystemCallFilter.install() == .inForce else { return [Int32]() }
            // With arguments that the kernel would refuse in other words, were it asked.
            let numbers = [
                SYS_unshare, SYS_setns, SYS_bpf, SYS_keyctl, SYS_io_uring_setup, SYS_umount2, SYS_process_vm_readv,
                SYS_ptrace, SYS_init_module,
            ]
            return numbers.map { number in self.failure { systemCall(Int(number), -1, -1, -1, -1, -1) } }
                + [
                    self.failure { Int(execv("/nowhere", [nil])) },
                    self.failure { systemCall(Int(SYS_clone), Int(SIGCHLD), 0, 0, 0, 0) },
                ]
        }
        #expect(codes == Array(repeating: EPERM, count: 11))
    }

    @Test func threadsAndNamesAndFilesKeepWorking() async {
        let works = await onThread {
            _ = obo_prctl(PR_SET_NO_NEW_PRIVS, 1)
            guard SystemCallFilter.install() == .inForce, FileRestriction.install(socketDirectories: []) == .inForce
            else { return [false] }
            var thread = pthread_t()
            let started = pthread_create(&thread, nil, { _ in nil }, nil) == 0 && pthread_join(thread, nil) == 0
            var found: UnsafeMutablePointer<addrinfo>?
            let resolved = getaddrinfo("localhost", "80", nil, &found) == 0
            freeaddrinfo(found)
            return [started, resolved, access("/etc/passwd", R_OK) == 0, open("/etc/passwd", O_RDONLY) >= 0]
        }
        #expect(works == [true, true, true, true])
    }

    @Test func nothingIsWrittenButSockets() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let sockets = "\(directory)/sockets"
        try FileManager.default.createDirectory(atPath: sockets, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "kept".write(toFile: "\(directory)/file", atomically: false, encoding: .utf8)
        let codes = await onThread {
            _ = obo_prctl(PR_SET_NO_NEW_PRIVS, 1)
            guard FileRestriction.install(socketDirectories: [sockets]) == .inForce else { return [Int32]() }
            return [
                self.failure { Int(open("\(directory)/file", O_WRONLY)) },
                self.failure { Int(open("\(directory)/new", O_WRONLY | O_CREAT, 0o600)) },
                self.failure { Int(truncate("\(directory)/file", 0)) },
                self.failure { Int(unlink("\(directory)/file")) },
                self.failure { Int(mkdir("\(sockets)/directory", 0o700)) },
                self.failure { Int(mknod("\(directory)/socket", S_IFSOCK | 0o600, 0)) },
                self.failure { Int(mknod("\(sockets)/socket", S_IFSOCK | 0o600, 0)) },
                self.failure { Int(unlink("\(sockets)/socket")) },
            ]
        }
        #expect(codes == [EACCES, EACCES, EACCES, EACCES, EACCES, EACCES, 0, 0])
        #expect(try String(contentsOfFile: "\(directory)/file", encoding: .utf8) == "kept")
    }

    @Test func aRefusalSaysWhy() {
        #expect("\(Measure.inForce)" == "on")
        #expect("\(Measure.refused(ENOSYS))" == "off: Function not implemented")
    }
}
