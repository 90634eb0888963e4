internal import CLibYAML

/// The library in use at run time, which a distribution patches without us.
package enum LibYAMLVersion {
    /// For example `0.2.5`.
    package static var text: String {
        unsafe String(cString: yaml_get_version_string())
    }
}
