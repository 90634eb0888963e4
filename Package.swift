// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 language mode, C names never visible to importers, warnings are errors.
/// `NonisolatedNonsendingByDefault` keeps an `async` method of a non-Sendable class on its caller's event loop.
let relaxed: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Every target of ours but the tests, whose macros expand to unmarked unsafe uses.
let strict: [SwiftSetting] =
    relaxed + [
        .strictMemorySafety(),
        // The compiler's own checks of exclusive access stay, and the tests run with those at run time; in a release
        // they would cost a look into a thread's table at nearly every property of every request.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// What the fuzzer and the tests of a target check of any input.
func laws(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: "\(name)Laws", dependencies: dependencies, path: "Fuzz/\(name)Laws", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: relaxed)
}

let package = Package(
    name: "obo-proxy",
    products: [.executable(name: "obo-proxy", targets: ["obo-proxy"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C libraries: module maps and shims, no Swift.
        .systemLibrary(name: "CLibevent", pkgConfig: "libevent_core", providers: [.apt(["libevent-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        .systemLibrary(name: "CLinux"),

        // One Swift wrapper per C library.
        target("Bytes"),
        target("Linux", ["CLinux"]),
        target("Libevent", ["CLibevent", "Bytes"]),
        target("OpenSSL", ["COpenSSL", "Bytes"]),
        target("LibYAML", ["CLibYAML"]),

        // Decisions without I/O.
        target("JSON", ["Bytes"]),
        target("HTTP1", ["Bytes"]),
        target("Identity", ["Bytes", "JSON", "OpenSSL"]),
        target("OnBehalfOf", ["Bytes", "JSON", "OpenSSL"]),
        target("MCP", ["Bytes", "JSON", "HTTP1", "OpenSSL"]),
        target("Configuration", ["Bytes", "LibYAML", "OpenSSL"]),

        // The only target with sockets and clocks.
        target(
            "Proxy",
            [
                "Bytes", "JSON", "Libevent", "Linux", "OpenSSL", "HTTP1", "Identity", "OnBehalfOf", "MCP",
                "Configuration",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "obo-proxy",
            dependencies: [
                "Proxy", "Configuration", "LibYAML", "Libevent", "OpenSSL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // A development identity provider, MCP server and chat stand-in; never linked into obo-proxy.
        target("Demo", ["Bytes", "JSON", "Libevent", "OpenSSL", "HTTP1"]),
        .executableTarget(name: "obo-demo", dependencies: ["Demo", "Libevent"], swiftSettings: strict),

        // What tests of several targets have in common.
        .target(name: "Registered", path: "Tests/Registered", swiftSettings: relaxed),

        tests("BytesTests", ["Bytes"]),
        tests("JSONTests", ["JSON", "Bytes"]),
        tests("LibeventTests", ["Libevent", "Bytes"]),
        tests("LinuxTests", ["Linux", "CLinux"]),
        tests("OpenSSLTests", ["OpenSSL", "COpenSSL", "Bytes"]),
        tests("LibYAMLTests", ["LibYAML"]),
        laws("HTTP1", ["HTTP1", "Bytes"]),
        tests("HTTP1Tests", ["HTTP1", "HTTP1Laws", "Bytes"]),
        laws("Identity", ["Identity", "Bytes", "JSON", "OpenSSL"]),
        tests("IdentityTests", ["Identity", "IdentityLaws", "Bytes", "JSON", "OpenSSL"]),
        laws("OnBehalfOf", ["OnBehalfOf", "Bytes", "JSON"]),
        tests("OnBehalfOfTests", ["OnBehalfOf", "OnBehalfOfLaws", "Bytes", "JSON", "OpenSSL", "Registered"]),
        laws("MCP", ["MCP", "Bytes", "JSON"]),
        tests("MCPTests", ["MCP", "MCPLaws", "Bytes", "JSON", "HTTP1", "OpenSSL"]),
        tests("ConfigurationTests", ["Configuration", "Bytes", "LibYAML", "OpenSSL", "Registered"]),
        tests("DemoTests", ["OpenSSL", "Demo", "Bytes", "JSON", "Libevent", "HTTP1"]),
        tests(
            "ProxyTests",
            [
                "Proxy", "Bytes", "JSON", "Libevent", "OpenSSL", "HTTP1", "Identity", "OnBehalfOf", "MCP",
                "Configuration", "Registered",
                .product(name: "Logging", package: "swift-log"),
            ]),
    ]
)

// libFuzzer targets: `OBO_FUZZ=1 swift build -c release --product FuzzHTTP1 --build-path .build-fuzz`.
if Context.environment["OBO_FUZZ"] != nil {
    let sanitize = ["-sanitize=fuzzer,address"]
    let fuzzed = ["HTTP1", "Identity", "MCP", "OnBehalfOf"]
    let watched = ["Bytes", "JSON", "OpenSSL"] + fuzzed + fuzzed.map { "\($0)Laws" }
    for target in package.targets where watched.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(sanitize))
    }
    for name in fuzzed {
        package.targets.append(
            .executableTarget(
                name: "Fuzz\(name)", dependencies: [.target(name: "\(name)Laws")], path: "Fuzz/\(name)",
                swiftSettings: strict + [.unsafeFlags(sanitize + ["-parse-as-library"])],
                linkerSettings: [.unsafeFlags(sanitize)]))
    }
}
