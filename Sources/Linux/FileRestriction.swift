internal import CLinux
internal import Glibc

/// Landlock: the kernel refuses every change to the file system, whatever the files' own modes allow. Reading stays, since
/// a new configuration may name any file.
enum FileRestriction {
    /// For the calling thread and those that it starts.
    /// - Parameter socketDirectories: where sockets may be made and removed all the same.
    static func install(socketDirectories: [String]) -> Measure {
        let version = obo_landlock_version()
        guard version > 0 else { return Measure(version) }
        let rules = obo_landlock_rules(Right.all(in: version))
        guard rules >= 0 else { return Measure(rules) }
        defer { close(rules) }
        for directory in socketDirectories { allowSockets(in: directory, rules) }
        return Measure(obo_landlock_restrict(rules))
    }

    /// A directory that cannot be opened gets no exception, which is the safe side.
    private static func allowSockets(in directory: String, _ rules: Int32) {
        let descriptor = unsafe open(directory, obo_path_only | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = obo_landlock_allow(rules, Right.makeSocket | Right.removeFile, descriptor)
    }
}

/// Rights of Landlock, in the numbers of `linux/landlock.h`; those of reading are left out.
private enum Right {
    static let execute: UInt64 = 1 << 0
    static let writeFile: UInt64 = 1 << 1
    static let removeDirectory: UInt64 = 1 << 4
    static let removeFile: UInt64 = 1 << 5
    /// Device, directory, regular file, socket, pipe, block device, symbolic link.
    static let make: UInt64 = 0b111_1111 << 6
    static let makeSocket: UInt64 = 1 << 9

    /// What came later, with the version that brought it: linking and renaming across directories, truncating, and
    /// controls of devices.
    private static let later: [(version: Int32, right: UInt64)] = [(2, 1 << 13), (3, 1 << 14), (5, 1 << 15)]

    /// A kernel refuses what it does not know.
    static func all(in version: Int32) -> UInt64 {
        let first = execute | writeFile | removeDirectory | removeFile | make
        return later.reduce(first) { $1.version <= version ? $0 | $1.right : $0 }
    }
}
