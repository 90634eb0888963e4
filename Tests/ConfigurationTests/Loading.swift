import Bytes
import Configuration
import Registered

/// The least environment that makes a configuration.
let leastEnvironment = [
    "OBO_ISSUER": "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0",
    "OBO_CLIENT_ID": "client", "OBO_CLIENT_SECRET": "hunter2",
    "OBO_SERVER_TICKETS_URL": "https://tickets.example.com/mcp",
    "OBO_SERVER_TICKETS_SCOPES": "api://tickets/access_as_user",
]

/// The least file that makes a configuration.
let leastFile = """
    identity:
      issuer: https://id.example.com
    exchange:
      client_id: client
      client_secret: hunter2
    servers:
      tickets:
        url: https://tickets.example.com/mcp
        obo: {scopes: api://tickets/access_as_user}

    """

/// Files with what belongs in them, by the names that tests give them.
let pem = [
    "c": Registered.certificate, "k": Registered.key, "c.pem": Registered.certificate, "k.pem": Registered.key,
    "ca.pem": Registered.certificate,
]

/// Loads a configuration from texts.
/// - Parameters:
///   - yaml: the file `proxy.yaml`; nil to load without one.
///   - files: further files by path.
///   - now: seconds since 1970; in the year 2030.
func load(
    _ yaml: String? = nil, _ environment: [String: String] = [:], files: [String: String] = [:],
    now: Int = 1_893_456_000
) throws(ConfigurationErrors) -> LoadedConfiguration {
    try ProxyConfiguration.load(file: yaml == nil ? nil : "proxy.yaml", environment: environment, now: now) {
        (path: String) throws(FileFault) -> [UInt8] in
        guard let text = path == "proxy.yaml" ? yaml : files[path] else { throw .missing }
        return Array(text.utf8)
    }
}

/// The problems of a configuration as they are printed; empty for a good one.
func problems(
    _ yaml: String? = nil, _ environment: [String: String] = [:], files: [String: String] = [:],
    now: Int = 1_893_456_000
) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try load(yaml, environment, files: files, now: now)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

extension Dictionary {
    /// With `other`'s values on top.
    static func + (a: [Key: Value], other: [Key: Value]) -> [Key: Value] {
        a.merging(other) { _, new in new }
    }
}

extension Secret {
    /// The bytes as text, for a comparison.
    var text: String { unsafe withBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

extension LoadedConfiguration {
    /// A key's line of `check`.
    func shown(_ key: String) -> String? {
        effective.first { $0.key == key }.map { "\($0.value) # \($0.origin)" }
    }
}
