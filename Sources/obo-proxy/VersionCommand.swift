internal import ArgumentParser
internal import Configuration
internal import LibYAML
internal import Libevent
internal import OpenSSL

/// Says what this is made of.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the versions of this program and of what it stands on.")

    func run() {
        print("obo-proxy \(ProxyVersion.text)")
        print("Swift \(Self.swift)")
        print("libevent \(libeventVersion)")
        print(OpenSSLVersion.text)
        print("libyaml \(LibYAMLVersion.text)")
    }

    /// The compiler, as far as it can be asked.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
