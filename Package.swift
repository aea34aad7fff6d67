// swift-tools-version: 6.2
import PackageDescription

/// Where `make fuzz` builds, the path of libFuzzer's runtime: our own code is then compiled so that libFuzzer sees what
/// an input covers, and `berth-fuzz` takes the place of FuzzTests.
let fuzzerRuntime = Context.environment["BERTH_FUZZER_RUNTIME"]

/// Language mode 6 comes with the tools version. `NonisolatedNonsendingByDefault` stays off: it breaks a
/// `main() async` that a driver inherits from StorageDriverKit.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ] + (fuzzerRuntime == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])])

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")

func cloudDriver(_ name: String, path: String) -> Target {
    let dependencies: [Target.Dependency] = [
        "BlockDevices", "CloudHTTP", "DriverProtocol", "JSONTree", "StorageDriverKit",
    ]
    // SwiftPM links executables into tests only, so for `berth-fuzz` a driver is a library. Its main function then needs
    // another name, as SwiftPM gives it for tests.
    return fuzzerRuntime == nil
        ? .executableTarget(
            name: name, dependencies: dependencies, path: path, exclude: ["README.md"], swiftSettings: settings)
        : .target(
            name: name, dependencies: dependencies, path: path, exclude: ["README.md"],
            swiftSettings: settings + [
                .unsafeFlags(["-Xfrontend", "-entry-point-function-name", "-Xfrontend", "\(name)_main"])
            ])
}

/// Tests of one cloud: its simulator with real clients, and its driver against the simulator.
func cloudTests(_ name: String, driver: Target.Dependency, exclude: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: [
            driver, "CloudDriverTesting", "CloudSimulators", "DriverConformance", "DriverHost", "DriverProtocol",
            "JSONTree", "KubernetesAPI", "TestSupport", "berth", logging,
        ],
        exclude: exclude,
        swiftSettings: settings)
}

/// The modules for which Tests/FuzzTests has entry points.
let fuzzed: [Target.Dependency] = [
    "APIServer", "AWSEBSDriver", "AzureDiskDriver", "CloudHTTP", "CloudSimulators", "DriverHost", "DriverProtocol",
    "GCEPDDriver", "JSONTree", "KubernetesAPI", "ObjectStore", "StorageDriverKit", "TestSupport", logging, nioCore,
    .product(name: "GRDB", package: "GRDB.swift"), .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
]

let package = Package(
    name: "berth",
    products: [
        .executable(name: "berth", targets: ["berth"]),
        .executable(name: "hostpath-driver", targets: ["HostPathDriver"]),
        .executable(name: "nfs-driver", targets: ["NFSDriver"]),
        .executable(name: "aws-ebs-driver", targets: ["AWSEBSDriver"]),
        .executable(name: "gce-pd-driver", targets: ["GCEPDDriver"]),
        .executable(name: "azure-disk-driver", targets: ["AzureDiskDriver"]),
        .executable(name: "berth-bench", targets: ["Benchmarks"]),
        .library(name: "StorageDriverKit", targets: ["StorageDriverKit", "DriverProtocol", "JSONTree"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // What both sides of the exec line stand on: no Foundation, so that a driver started per call starts fast.
        .target(name: "JSONTree", swiftSettings: settings),
        // Checks who can have written the files that are read or run with the server's rights.
        .target(name: "CFileTrust"),
        .target(name: "FileTrust", dependencies: ["CFileTrust"], swiftSettings: settings),

        // The Kubernetes side.
        .target(name: "KubernetesAPI", dependencies: ["JSONTree"], swiftSettings: settings),
        .target(
            name: "ObjectStore",
            dependencies: [
                "JSONTree", "KubernetesAPI", lifecycle, logging, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .target(
            name: "APIServer",
            dependencies: [
                "FileTrust", "JSONTree", "KubernetesAPI", logging, lifecycle, nioCore,
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings),
        .target(
            name: "KubernetesClient",
            dependencies: [
                "JSONTree", "KubernetesAPI", nioCore,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),

        // The driver side.
        .target(
            name: "DriverProtocol", dependencies: ["JSONTree"], exclude: ["Specification.md"], swiftSettings: settings),
        .target(name: "StorageDriverKit", dependencies: ["JSONTree", "DriverProtocol"], swiftSettings: settings),
        .target(name: "CSpawn"),
        .target(
            name: "DriverHost",
            dependencies: [
                "CSpawn", "DriverProtocol", "FileTrust", "JSONTree", lifecycle, logging,
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),

        .target(
            name: "DriverConformance",
            dependencies: ["DriverHost", "DriverProtocol", "JSONTree"],
            swiftSettings: settings),

        // What `berth driver new` writes: files that are compiled into the command.
        .target(
            name: "DriverTemplates",
            resources: [
                .embedInCode("Files/Driver.swift.template"), .embedInCode("Files/Package.swift.template"),
                .embedInCode("Files/README.md.template"), .embedInCode("Files/Shelf.swift.template"),
                .embedInCode("Files/berth_driver.py"), .embedInCode("Files/claim.yaml.template"),
                .embedInCode("Files/directory-driver"), .embedInCode("Files/json-lines.awk"),
                .embedInCode("Files/python-driver.template"), .embedInCode("Files/storageclass.yaml.template"),
            ],
            swiftSettings: settings),

        .target(
            name: "Provisioning",
            dependencies: ["DriverHost", "DriverProtocol", "JSONTree", "KubernetesAPI", lifecycle, logging],
            swiftSettings: settings),
        .executableTarget(
            name: "berth",
            dependencies: [
                "APIServer", "CloudSimulators", "DriverConformance", "DriverHost", "DriverProtocol", "DriverTemplates",
                "FileTrust", "JSONTree", "KubernetesAPI", "KubernetesClient", "ObjectStore", "Provisioning",
                argumentParser,
                lifecycle, logging, nioCore,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        // Drivers, loaded out of tree. `Plugins/` is also SwiftPM's default folder for build plugins: the explicit
        // paths do not clash with it.
        .target(name: "CFileSystem", path: "Plugins/CFileSystem"),
        .executableTarget(
            name: "HostPathDriver",
            dependencies: ["BlockDevices", "CFileSystem", "DriverProtocol", "JSONTree", "StorageDriverKit"],
            path: "Plugins/HostPath",
            swiftSettings: settings),

        .systemLibrary(name: "CNFS", pkgConfig: "libnfs", providers: [.apt(["libnfs-dev"])]),
        .executableTarget(
            name: "NFSDriver",
            dependencies: ["BlockDevices", "CFileSystem", "CNFS", "DriverProtocol", "JSONTree", "StorageDriverKit"],
            path: "Plugins/NFS",
            exclude: ["README.md"],
            swiftSettings: settings),

        // The cloud drivers: signed HTTP over libcurl, and what a disk needs once it is a device of this machine.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .target(
            name: "CloudHTTP",
            dependencies: ["CCurl", "CExpat", "COpenSSL", "DriverProtocol", "JSONTree", "StorageDriverKit"],
            path: "Plugins/CloudHTTP",
            swiftSettings: settings),
        .target(
            name: "BlockDevices", dependencies: ["CFileSystem", "DriverProtocol"], path: "Plugins/BlockDevices",
            swiftSettings: settings),
        cloudDriver("AWSEBSDriver", path: "Plugins/AWSEBS"),
        cloudDriver("GCEPDDriver", path: "Plugins/GCEPD"),
        cloudDriver("AzureDiskDriver", path: "Plugins/AzureDisk"),
        // EC2, Compute Engine and Azure Resource Manager, as far as their disks go. Of KubernetesAPI: its YAML reader.
        .target(
            name: "CloudSimulators",
            dependencies: [
                "JSONTree", "KubernetesAPI", lifecycle, logging, nioCore,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ],
            resources: [
                .embedInCode("Configuration/aws.yaml"), .embedInCode("Configuration/azure.yaml"),
                .embedInCode("Configuration/gce.yaml"), .embedInCode("Configuration/simulator.yaml"),
            ],
            swiftSettings: settings),

        // Tests. An executable that a test target lists is built before it.
        .executableTarget(
            name: "ScriptedDriver",
            dependencies: ["JSONTree"],
            path: "Tests/ScriptedDriver",
            swiftSettings: settings),
        .executableTarget(
            name: "StoreWriter",
            dependencies: ["JSONTree", "KubernetesAPI", "ObjectStore", logging],
            path: "Tests/StoreWriter",
            swiftSettings: settings),
        .target(name: "TestSupport", dependencies: ["JSONTree"], path: "Tests/TestSupport", swiftSettings: settings),
        // A real NFS server on loopback, for the tests of the NFS driver and for its figures.
        .target(
            name: "NFSTestServer", dependencies: ["TestSupport"], path: "Tests/NFSTestServer",
            exclude: ["rpcbind-shim.c"], swiftSettings: settings),
        // A simulated cloud, a driver behind a host, and berth serve, for the tests of the three clouds' drivers.
        .target(
            name: "CloudDriverTesting",
            dependencies: [
                "CloudSimulators", "DriverHost", "DriverProtocol", "JSONTree", "TestSupport", "berth", logging,
            ],
            path: "Tests/CloudDriverTesting",
            swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "CNFS", "CloudSimulators", "DriverHost", "DriverProtocol", "JSONTree", "KubernetesAPI",
                "KubernetesClient",
                "NFSTestServer", logging,
            ],
            path: "Tests/Benchmarks",
            swiftSettings: settings),
        .testTarget(name: "JSONTreeTests", dependencies: ["JSONTree"], swiftSettings: settings),
        .testTarget(name: "FileTrustTests", dependencies: ["FileTrust", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "KubernetesAPITests", dependencies: ["JSONTree", "KubernetesAPI", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ObjectStoreTests",
            dependencies: [
                "JSONTree", "KubernetesAPI", "ObjectStore", "StoreWriter", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "APIServerTests",
            dependencies: [
                "APIServer", "JSONTree", "KubernetesAPI", "ObjectStore", "TestSupport", lifecycle, logging, nioCore,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DriverProtocolTests", dependencies: ["DriverProtocol", "JSONTree", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "StorageDriverKitTests", dependencies: ["DriverProtocol", "JSONTree", "StorageDriverKit"],
            swiftSettings: settings),
        .testTarget(
            name: "DriverHostTests",
            dependencies: ["DriverHost", "DriverProtocol", "JSONTree", "ScriptedDriver", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "HostPathTests",
            dependencies: [
                "DriverHost", "DriverProtocol", "HostPathDriver", "JSONTree", "StorageDriverKit", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "NFSTests",
            dependencies: [
                "DriverConformance", "DriverProtocol", "JSONTree", "NFSDriver", "NFSTestServer", "StorageDriverKit",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DriverConformanceTests",
            dependencies: [
                "DriverConformance", "DriverHost", "DriverProtocol", "DriverTemplates", "HostPathDriver", "JSONTree",
                "ScriptedDriver", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ProvisioningTests",
            dependencies: [
                "DriverHost", "DriverProtocol", "HostPathDriver", "JSONTree", "KubernetesAPI", "ObjectStore",
                "Provisioning", "TestSupport", lifecycle, logging,
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "CloudHTTPTests",
            dependencies: ["BlockDevices", "CloudHTTP", "DriverProtocol", "JSONTree", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CloudSimulatorsTests",
            dependencies: [
                "CloudSimulators", "JSONTree", "KubernetesAPI", "TestSupport", "berth", lifecycle, logging, nioCore,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        cloudTests("AWSEBSTests", driver: "AWSEBSDriver", exclude: ["Clients"]),
        cloudTests("GCEPDTests", driver: "GCEPDDriver", exclude: ["Clients"]),
        cloudTests("AzureDiskTests", driver: "AzureDiskDriver", exclude: ["Clients"]),
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, exclude: ["Runner", "Seeds"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "HostPathDriver", "JSONTree", "KubernetesAPI", "KubernetesClient", "ScriptedDriver", "TestSupport",
                "berth", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
    ]
)

if let fuzzerRuntime {
    let libraries = Set(package.targets.filter { $0.type == .regular }.map(\.name))
    package.products.removeAll { ($0 as? Product.Executable)?.targets.contains { libraries.contains($0) } == true }
    package.products.append(.executable(name: "berth-fuzz", targets: ["FuzzRunner"]))
    package.targets.removeAll { $0.name == "FuzzTests" }
    package.targets.append(
        .executableTarget(
            name: "FuzzRunner", dependencies: fuzzed, path: "Tests/FuzzTests",
            exclude: ["FuzzTests.swift", "RandomInput.swift", "Seeds"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags([fuzzerRuntime]), .linkedLibrary("stdc++")]))
}
