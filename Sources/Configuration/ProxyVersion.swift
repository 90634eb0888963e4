/// This program's version.
package enum ProxyVersion {
    /// By semver.org.
    package static let text = "0.1.0"
}
