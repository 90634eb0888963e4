package import Bytes
package import OpenSSL

/// Where a secret was read from, so that a changed file can be read again.
package enum SecretSource: Hashable, Sendable {
    /// Written in the configuration file or the environment.
    case inline
    /// The whole of a file, without one final line break.
    case file(path: String)
}

/// A secret and its source.
package struct ConfiguredSecret: Sendable {
    /// The bytes.
    package let value: Secret
    /// Where they are from.
    package let source: SecretSource
}

/// A file that the configuration names, as it was when the configuration was read. Certificates travel with
/// private keys, so that no such file's text can be printed.
package struct ConfiguredFile: Sendable {
    /// As written in the configuration; relative to the process's working directory.
    package let path: String
    /// All of it.
    package let contents: Secret
}

/// Reads a whole file.
package typealias FileReader = (String) throws(FileFault) -> [UInt8]

/// Which file cannot be read again, and why.
package struct UnreadableFile: Error, Hashable, Sendable, CustomStringConvertible {
    /// As written in the configuration.
    package let path: String
    package let fault: FileFault

    /// For an operator.
    package var description: String { "\(path): \(fault)" }
}

extension ConfiguredFile {
    /// The certificates in it, as those of whom to trust.
    package var anchors: TrustAnchors? { TrustAnchors(pem: contents) }

    /// The file as it is now.
    package func reread(by readFile: FileReader = SystemFile.readAgain) throws(UnreadableFile) -> ConfiguredFile {
        do throws(FileFault) {
            let bytes = try readFile(path)
            guard !bytes.isEmpty else { throw .empty }
            return ConfiguredFile(path: path, contents: Secret(copying: bytes.span))
        } catch { throw UnreadableFile(path: path, fault: error) }
    }
}

extension ConfiguredSecret {
    /// The secret as its file says now; one that is in no file stays.
    package func reread(by readFile: FileReader = SystemFile.readAgain) throws(UnreadableFile) -> ConfiguredSecret {
        guard case .file(let path) = source else { return self }
        do throws(FileFault) {
            return ConfiguredSecret(value: try SecretFile.read(path, by: readFile), source: source)
        } catch { throw UnreadableFile(path: path, fault: error) }
    }
}

/// Whether two secrets have the same bytes, or neither is there.
package func isEqual(_ a: Secret?, _ b: Secret?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return b.withSpan { a.equals($0) }
}
