package import Bytes

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
