internal import Bytes
internal import OpenSSL

/// What a key was set to, as digests: enough to tell whether it has changed, and nothing that could be printed.
package struct Fingerprint: Hashable, Sendable {
    /// Of the value as it was written, or of the path of the file that holds it.
    let written: Digest256
    /// Of what that file holds; nil where no file is named.
    let content: Digest256?

    init(_ raw: RawValue, _ files: FilePrints) {
        let text = ByteBuffer()
        raw.spell(to: text)
        written = text.withSpan { SHA256.digest($0) }
        content = raw.file.flatMap { files.digest(of: $0) }
    }
}

/// What files held when they were read, as digests.
package struct FilePrints: Equatable, Sendable {
    private enum Print: Equatable, Sendable {
        case content(Digest256)
        case fault(FileFault)
    }

    private var prints: [String: Print] = [:]

    package init() {}

    /// Reads a file and notes what came of it.
    mutating func read(_ path: String, by readFile: FileReader) throws(FileFault) -> [UInt8] {
        do throws(FileFault) {
            let bytes = try readFile(path)
            prints[path] = .content(SHA256.digest(bytes.span))
            return bytes
        } catch {
            prints[path] = .fault(error)
            throw error
        }
    }

    /// Leaves a file out: somebody else looks after it.
    mutating func forget(_ path: String) { prints[path] = nil }

    func digest(of path: String) -> Digest256? {
        if case .content(let digest) = prints[path] { digest } else { nil }
    }

    /// Without what cannot be read again: a shell's `<(command)`.
    package func watchable(by readFile: FileReader = SystemFile.readAgain) -> FilePrints {
        var kept = self
        for path in again(by: readFile).prints where path.value == .fault(.special) { kept.forget(path.key) }
        return kept
    }

    /// Whether some file differs from what was found then, and has not changed since the look before.
    package func hasSettled(since before: FilePrints, unlike tried: FilePrints) -> Bool {
        prints.contains { path, print in print != tried.prints[path] && print == before.prints[path] }
    }

    /// The same files as they are now.
    package func again(by readFile: FileReader = SystemFile.readAgain) -> FilePrints {
        var now = FilePrints()
        for path in prints.keys { _ = try? now.read(path, by: readFile) }
        return now
    }
}

/// The files that one reading of a configuration has looked at, also where it came to nothing.
package final class SeenFiles {
    package private(set) var prints = FilePrints()

    package init() {}

    func read(_ path: String, by readFile: FileReader) throws(FileFault) -> [UInt8] {
        try prints.read(path, by: readFile)
    }

    func forget(_ path: String) { prints.forget(path) }
}

extension RawValue {
    /// The path of the file that the value may name.
    fileprivate var file: String? {
        guard case .scalar(let scalar) = self else { return nil }
        switch scalar.content {
        case .text(let text), .secretFile(let text): return text
        }
    }

    /// Appends the value so that no two values look the same.
    fileprivate func spell(to text: ByteBuffer) {
        switch self {
        case .scalar(let scalar): scalar.spell(to: text)
        case .list(let scalars, _):
            text.append(byte: UInt8(ascii: "l"))
            for scalar in scalars { scalar.spell(to: text) }
        case .map(let pairs, _):
            text.append(byte: UInt8(ascii: "m"))
            for pair in pairs {
                RawScalar(content: .text(pair.name), origin: .standard).spell(to: text)
                pair.value.spell(to: text)
            }
        }
    }
}

extension RawScalar {
    fileprivate func spell(to text: ByteBuffer) {
        switch content {
        case .text(let value):
            text.append(string: "t\(value.utf8.count):")
            text.append(string: value)
        case .secretFile(let path):
            text.append(string: "f\(path.utf8.count):")
            text.append(string: path)
        }
    }
}
