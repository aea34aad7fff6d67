import DriverHost
import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("When a StorageClass is created", .timeLimit(.minutes(5)))
struct ClassAdmissionTests {
    static let info: JSONValue = [
        "protocolVersions": ["1.0"], "name": "directories", "version": "1",
        "capabilities": ["validate", "provision", "delete"], "maximumBytes": 1_099_511_627_776,
        "allocationUnitBytes": 1_073_741_824,
        "parameters": [
            "type": "object",
            "properties": ["mode": ["type": "string"], "copies": ["type": "integer", "minimum": 1]],
        ],
    ]

    static let strict = Berth.Options { $0.info = info }

    @Test("a wrong parameter is refused with the nearest right name, in a dry run too, and nothing is stored")
    func refused() async throws {
        try await Berth.run(Self.strict) { berth in
            try await berth.driverIsReady()
            for options in [WriteOptions(), WriteOptions(isDryRun: true), WriteOptions()] {
                let error = try await statusError {
                    try await berth.store.create(.storageClass, Self.json(["mod": "0700", "copies": "0"]), options)
                }
                #expect(error?.code == 422)
                #expect(error?.causes.map(\.field) == ["parameters[copies]", "parameters[mod]"])
                #expect(error?.causes.last?.message.contains("did you mean \"mode\"?") == true)
            }
            let applied = try await statusError {
                try await berth.store.patch(
                    .storageClass, ObjectKey(name: "fast"), .apply(Self.json(["mod": "0700"]), force: false),
                    WriteOptions(fieldManager: "test"))
            }
            #expect(applied?.reason == .invalid)
            #expect(try await berth.store.list(.storageClass, ListOptions()).items.isEmpty)
            let right = try await berth.store.create(.storageClass, Self.json(["mode": "0700"]), WriteOptions())
            #expect(right.warnings.isEmpty)
        }
    }

    @Test("without its driver it is stored, with a warning and an event; when the driver comes it is checked")
    func driverComesLater() async throws {
        try await Berth.run(Self.strict) { berth in
            try berth.driver.unregister()
            try await eventually("the driver is gone") {
                berth.host.driver(serving: DirectoryDriver.provisioner) == nil
            }
            let made = try await berth.store.create(.storageClass, Self.json(["mod": "0700"]), WriteOptions())
            #expect(made.warnings.count == 1)
            #expect(made.warnings[0].contains("no driver serves provisioner \"example.com/directories\""))
            let missing = try await berth.store.awaitEvent("ProvisionerMissing", about: "fast")
            #expect(missing.type == "Warning" && missing.involvedObject.kind == "StorageClass")

            try berth.driver.register()
            let wrong = try await berth.store.awaitEvent("InvalidParameters", about: "fast")
            #expect(wrong.message.contains("parameters[mod]"))
            #expect(wrong.message.contains("did you mean \"mode\"?"))
            #expect(wrong.message.contains("Delete StorageClass \"fast\" and create it"))

            // It stays changeable, and what cannot be mended is not said at each touch.
            let labelled = try await berth.store.patch(
                .storageClass, ObjectKey(name: "fast"), .merge(["metadata": ["labels": ["a": "b"]]]), WriteOptions())
            #expect(labelled.warnings.isEmpty)
            let changed = try await berth.store.patch(
                .storageClass, ObjectKey(name: "fast"), .merge(["allowVolumeExpansion": true]), WriteOptions())
            #expect(changed.warnings.map { $0.prefix { $0 != ":" } } == ["parameters[mod]", "allowVolumeExpansion"])
        }
    }

    @Test("a driver that cannot be called is not waited for; mended, it has the class checked")
    func brokenDriver() async throws {
        try await Berth.run(Self.strict) { berth in
            try berth.driver.setExecutable(false)
            try await eventually("the driver is broken") {
                if case .broken = berth.host.driver(serving: DirectoryDriver.provisioner)?.state { true } else { false }
            }
            let made = try await berth.store.create(.storageClass, Self.json(["mod": "0700"]), WriteOptions())
            #expect(made.warnings.count == 1)
            #expect(made.warnings[0].contains("could not be checked: driver directories cannot be called"))
            try await berth.store.awaitEvent("DriverNotReady", about: "fast")
            try berth.driver.setExecutable(true)
            try await berth.store.awaitEvent("InvalidParameters", about: "fast")
        }
    }

    @Test("a class of another provisioner, and one without, are stored as they are")
    func others() async throws {
        try await Berth.run(Self.strict) { berth in
            try await berth.driverIsReady()
            let other = Self.json(["mod": "x"], provisioner: "example.com/directoriess")
            let made = try await berth.store.create(.storageClass, other, WriteOptions())
            #expect(made.warnings.first?.contains("did you mean \"example.com/directories\"?") == true)
            try await berth.store.delete(.storageClass, ObjectKey(name: "fast"))
            let none = Self.json(["mod": "x"], provisioner: StorageClass.noProvisioner)
            #expect(try await berth.store.create(.storageClass, none, WriteOptions()).warnings.isEmpty)
        }
    }

    private static func json(
        _ parameters: [String: String], provisioner: String = DirectoryDriver.provisioner
    ) -> JSONValue {
        [
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "fast"],
            "provisioner": .string(provisioner), "parameters": JSONValue(parameters),
        ]
    }
}
