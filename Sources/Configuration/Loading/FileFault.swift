#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a file cannot be read. Holds no path: one that is really a mistyped secret must not be printed.
package enum FileFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not there.
    case missing
    /// This process may not read it.
    case denied
    /// It is a directory.
    case directory
    /// It is larger than `SystemFile.limit`.
    case tooLarge
    /// Nothing is in it.
    case empty
    /// A pipe, a socket or a device.
    case special
    /// Another error, by its `errno`.
    case other(Int32)

    /// For an operator.
    package var description: String {
        switch self {
        case .missing: "no such file"
        case .denied: "this process may not read the file"
        case .directory: "it is a directory"
        case .tooLarge: "the file is larger than 1 MiB"
        case .empty: "the file is empty"
        case .special: "it is no regular file, and cannot be read again"
        case .other(let code): "the file cannot be read (errno \(code))"
        }
    }
}

/// Reads whole files for `ProxyConfiguration.load`, which does no input itself.
package enum SystemFile {
    /// The largest file that is read, in bytes.
    package static let limit = 1 << 20

    /// All bytes of the file at `path`, which may be a pipe: as long as there is nobody to wait but the operator.
    package static func read(_ path: String) throws(FileFault) -> [UInt8] {
        // A named pipe that nobody writes to reads as empty, instead of stopping us until somebody comes.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault() }
        defer { close(descriptor) }
        // One that is being written, such as a shell's <(command), is waited for as usual.
        guard fcntl(descriptor, F_SETFL, 0) == 0 else { throw fault() }
        return try content(of: descriptor)
    }

    /// All bytes of the regular file at `path`. A pipe without a writer would keep its reader, and every exchange
    /// behind it, for ever.
    package static func readAgain(_ path: String) throws(FileFault) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENXIO ? .special : fault() }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw fault() }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return try content(of: descriptor)
        case S_IFDIR: throw .directory
        default: throw .special
        }
    }

    private static func content(of descriptor: Int32) throws(FileFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe systemRead(descriptor, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw fault() }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk.prefix(count))
            guard bytes.count <= limit else { throw .tooLarge }
        }
    }

    /// Whether something is at `path`, readable or not.
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func fault() -> FileFault {
        switch errno {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .denied
        case EISDIR: .directory
        default: .other(errno)
        }
    }
}

/// `read(2)`, whose name the enumeration above covers.
private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
    unsafe read(descriptor, bytes.baseAddress, bytes.count)
}
