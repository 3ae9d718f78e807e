// swift-tools-version: 6.2
import PackageDescription

/// Every target is built alike: Swift 6 mode, nothing imported or reached by accident, every unsafe use marked, and no
/// warning tolerated.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Tests reach the system freely, so they are spared the marks of strict memory safety; the rest applies.
let testSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let crypto = Target.Dependency.product(
    name: "Crypto", package: "swift-crypto", condition: .when(traits: ["PostQuantum"]))
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "Fairlead",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Fairlead", targets: ["Fairlead"]),
        .executable(name: "fairlead", targets: ["FairleadCommand"]),
    ],
    traits: [
        .trait(name: "PostQuantum", description: "ML-KEM key exchange, by swift-crypto"),
        .default(enabledTraits: ["PostQuantum"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "CDescriptors"),
        .target(name: "SSHWire", dependencies: [nioCore], swiftSettings: settings),
        .target(
            name: "SSHCrypto", dependencies: ["SSHWire", "CLibcrypto", "CSodium", "CZlib", nioCore, crypto],
            swiftSettings: settings),
        .target(name: "SSHIdentity", dependencies: ["SSHWire", "SSHCrypto", nioCore], swiftSettings: settings),
        .target(
            name: "SSHCore", dependencies: ["SSHWire", "SSHCrypto", "SSHIdentity", nioCore], swiftSettings: settings),
        .target(name: "SSHConfig", swiftSettings: settings),
        .target(
            name: "Fairlead",
            dependencies: [
                "SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "SSHConfig", "CDescriptors", nioCore, nioPosix,
                logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "FairleadCommand", dependencies: ["Fairlead", "SSHConfig", nioCore, nioPosix],
            swiftSettings: settings),
        .target(name: "CSupport", path: "Tests/CSupport"),
        .target(
            name: "TestSupport", dependencies: ["CSupport"], path: "Tests/Support",
            exclude: ["hostile-rows.txt", "hostile-waiting.txt", "AsyncSSH", "Peer"], swiftSettings: testSettings),
        .testTarget(
            name: "SSHIdentityTests", dependencies: ["SSHWire", "SSHCrypto", "SSHIdentity", "TestSupport", nioCore],
            swiftSettings: testSettings),
        .target(
            name: "PeerSupport", dependencies: ["SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", nioCore, crypto],
            path: "Tests/Support/Peer", swiftSettings: testSettings),
        .target(
            name: "HostileRows",
            dependencies: ["SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "PeerSupport", nioCore],
            path: "Tests/Hostile/Rows", swiftSettings: testSettings),
        .target(
            name: "HostileServing",
            dependencies: [
                "SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "PeerSupport", "HostileRows", "TestSupport", nioCore,
            ],
            path: "Tests/Hostile/Serving", swiftSettings: testSettings),
        .executableTarget(name: "HostileLaunch", path: "Tests/Hostile/Launch"),
        .testTarget(
            name: "SSHCoreTests",
            dependencies: [
                "CLibcrypto", "CSupport", "SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "PeerSupport",
                "HostileRows", "HostileWalk", nioCore,
            ],
            exclude: ["state-matrix.txt"], swiftSettings: testSettings),
        .target(
            name: "HostileWalk",
            dependencies: ["SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "PeerSupport", nioCore],
            path: "Tests/Hostile/Walk", swiftSettings: testSettings),
        .testTarget(
            name: "FairleadCommandTests",
            dependencies: ["FairleadCommand", "Fairlead", "SSHConfig", "TestSupport", nioCore],
            swiftSettings: testSettings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Fairlead", "SSHCore", "SSHIdentity", "SSHCrypto", "SSHWire", "TestSupport", "PeerSupport",
                "HostileRows", "HostileServing", nioCore, nioPosix,
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "FairleadTests",
            dependencies: ["Fairlead", "SSHCore", "SSHCrypto", "SSHIdentity", "SSHWire", "TestSupport", nioCore],
            swiftSettings: testSettings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "FairleadCommand", "SSHConfig", "SSHCore", "SSHIdentity", "SSHCrypto", "SSHWire", "PeerSupport",
                nioCore,
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: testSettings),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "PeerSupport"], swiftSettings: testSettings),
        .testTarget(name: "SupportTests", dependencies: ["TestSupport"], swiftSettings: testSettings),
        .testTarget(name: "SSHConfigTests", dependencies: ["SSHConfig"], swiftSettings: testSettings),
        .testTarget(
            name: "SSHCryptoTests", dependencies: ["CLibcrypto", "SSHCrypto", "SSHWire", nioCore, crypto],
            exclude: ["sntrup761.txt"], swiftSettings: testSettings),
        .testTarget(name: "SSHWireTests", dependencies: ["SSHWire", nioCore], swiftSettings: testSettings),
        .testTarget(
            name: "ReadmeTests", dependencies: ["Fairlead", "SSHCrypto", "TestSupport", nioCore],
            swiftSettings: testSettings),
    ]
)

// Scripts/constant-time sets this; nothing else builds it.
if Context.environment["FAIRLEAD_CONSTANT_TIME"] != nil {
    package.targets.append(
        .executableTarget(
            name: "ConstantTime", dependencies: ["SSHCrypto", "CSupport"], path: "Tests/ConstantTime",
            swiftSettings: testSettings))
}

// Scripts/bench sets this: what it measures besides the tool.
if Context.environment["FAIRLEAD_BENCH"] != nil {
    package.targets += [
        .executableTarget(
            name: "ManyLogins", dependencies: ["Fairlead"], path: "Tests/Bench/ManyLogins",
            swiftSettings: testSettings),
        .executableTarget(
            name: "ManyChannels", dependencies: ["Fairlead"], path: "Tests/Bench/ManyChannels",
            swiftSettings: testSettings),
        .executableTarget(
            name: "HotPaths",
            dependencies: ["PeerSupport", "SSHCore", "SSHCrypto", "SSHIdentity", "SSHWire", nioCore],
            path: "Tests/Bench/HotPaths", swiftSettings: testSettings),
    ]
}

// Scripts/hostile, Scripts/walk and Scripts/soak set this: rows before any client's door, walks by the million, hours.
if Context.environment["FAIRLEAD_HOSTILE"] != nil {
    package.targets += [
        .executableTarget(
            name: "Hostile", dependencies: ["HostileServing", "HostileRows", "PeerSupport"],
            path: "Tests/Hostile/Runner", swiftSettings: testSettings),
        .executableTarget(
            name: "Soak", dependencies: ["Fairlead", "PeerSupport", "TestSupport", nioCore],
            path: "Tests/Hostile/Soak", swiftSettings: testSettings),
        .executableTarget(
            name: "Walks", dependencies: ["HostileWalk"], path: "Tests/Hostile/Walks", swiftSettings: testSettings),
    ]
}

// Scripts/fuzz sets this: everything then tells libFuzzer where it has been.
if Context.environment["FAIRLEAD_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver", swiftSettings: testSettings))
    // A program is not linked into another one: of the tool there is here what reads words and keys.
    package.targets.removeAll { $0.name == "FairleadCommand" }
    package.products.removeAll { $0.name == "fairlead" }
    package.targets.append(
        .target(
            name: "FairleadCommand", dependencies: ["SSHConfig", nioCore], path: "Sources/FairleadCommand",
            sources: [
                "CommandOption.swift", "Invocation.swift", "OptionTable.swift", "ShellWord.swift",
                "Terminal/EscapeKeys.swift",
            ], swiftSettings: settings))
    for target in package.targets where target.type == .regular || target.name == "Fuzz" {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=fuzzer,address"])]
        target.linkerSettings = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
    }
}
