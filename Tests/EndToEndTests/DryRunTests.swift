import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("A class is checked when it is created, and a claim before it is")
struct DryRunTests {
    private static func storageClass(_ name: String, _ parameters: String, provisioner: String = "berth.dev/hostpath")
        -> String
    {
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: \(name)}
        provisioner: \(provisioner)
        parameters: {\(parameters)}
        """
    }

    private static func claim(_ storageClass: String, mode: String = "ReadWriteOnce") -> String {
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec:
          storageClassName: \(storageClass)
          accessModes: [\(mode)]
          resources: {requests: {storage: 8Gi}}
        """
    }

    @Test("a typo is an error that names the right parameter, whichever way the class comes", arguments: Kubectl.all)
    func typo(kubectl: Kubectl) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                let typo = Self.storageClass("fast", "onDelet: retain")
                for way in [
                    ["create"], ["create"], ["create", "--dry-run=server"], ["apply"], ["apply", "--server-side"],
                    ["replace", "--force"],
                ] {
                    let refused = try await berth.kubectl(kubectl, way + ["-f", "-"], input: typo)
                    #expect(refused.status == 1, "\(kubectl) \(way)")
                    #expect(refused.errors.contains("The StorageClass \"fast\" is invalid"), "\(refused.errors)")
                    #expect(
                        refused.errors.contains(
                            "parameters[onDelet]: Unsupported value: driver hostpath: \"onDelet\" is unknown; did you mean "
                                + "\"onDelete\"?"), "\(refused.errors)")
                }
                #expect(try await served.client.list(.storageClass, ListOptions()).items.isEmpty)
                let right = try await berth.kubectl(
                    kubectl, ["create", "-f", "-"], input: Self.storageClass("fast", "onDelete: retain"))
                #expect(right.status == 0 && !right.errors.contains("Warning"), "\(right.errors)")
            }
        }
    }

    @Test("a class whose driver is not there gets a warning and an event", arguments: Kubectl.all)
    func missingDriver(kubectl: Kubectl) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                let made = try await berth.kubectl(
                    kubectl, ["apply", "-f", "-"],
                    input: Self.storageClass("away", "onDelet: retain", provisioner: "berth.dev/hostpaths"))
                #expect(made.status == 0)
                #expect(
                    made.errors.contains(
                        "Warning: no driver serves provisioner \"berth.dev/hostpaths\" (did you mean "
                            + "\"berth.dev/hostpath\"?); there are drivers for: berth.dev/hostpath, kubernetes.io/host-path"
                    ), "\(made.errors)")
                try await until("the class's description says so", within: .seconds(30)) {
                    try await berth.kubectl(kubectl, "describe", "storageclass", "away").output
                        .contains("ProvisionerMissing")
                }
            }
        }
    }

    @Test("a claim's dry run says what would become of it, and leaves nothing", arguments: Kubectl.all)
    func claim(kubectl: Kubectl) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                for (name, parameters) in [("fast", ""), ("wrong", "pathPattern: '${pvc.nme}'")] {
                    let made = try await berth.kubectl(
                        kubectl, ["create", "-f", "-"], input: Self.storageClass(name, parameters))
                    #expect(made.status == 0, "\(made.errors)")
                }
                for way in [
                    ["create", "--dry-run=server"], ["create", "--dry-run=server"], ["apply", "--dry-run=server"],
                    ["apply", "--server-side", "--dry-run=server"],
                ] {
                    let asked = try await berth.kubectl(kubectl, way + ["-f", "-"], input: Self.claim("fast"))
                    #expect(asked.status == 0)
                    #expect(
                        asked.errors.contains(
                            "Warning: claim default/data would be provisioned by driver hostpath: 8Gi at "
                                + "\(berth.volumes)/pvc-<uid>"), "\(kubectl) \(way): \(asked.errors)")
                    #expect(asked.output.contains("(server dry run)"), "\(asked.output)")

                    let wrong = try await berth.kubectl(kubectl, way + ["-f", "-"], input: Self.claim("wrong"))
                    #expect(wrong.status == 1)
                    #expect(wrong.errors.contains("The PersistentVolumeClaim \"data\" is invalid"), "\(wrong.errors)")
                    #expect(wrong.errors.contains("INVALID_ARGUMENT (parameters.pathPattern)"), "\(wrong.errors)")
                }
                let object = try await berth.kubectl(
                    kubectl, ["create", "--dry-run=server", "-o", "jsonpath={.kind} {.status.phase}", "-f", "-"],
                    input: Self.claim("fast"))
                #expect(object.output == "PersistentVolumeClaim Pending")
                #expect(try await served.client.list(.persistentVolumeClaim, ListOptions()).items.isEmpty)
                #expect(try berth.volumeDirectories().isEmpty)
            }
        }
    }

    @Test("berth provision --dry-run answers in words, and with its exit status")
    func provision() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                _ = try await served.client.create(.storageClass, ClaimJourneyTests.plainClass, WriteOptions())
                for _ in 1...2 {
                    let asked = try await berth.command(
                        "provision", "--class", "plain", "--size", "8Gi", "--name", "data", "--dry-run")
                    #expect(asked.status == 0, "\(asked.errors)")
                    #expect(
                        asked.output == "claim default/data would be provisioned by driver hostpath: 8Gi at "
                            + "\(berth.volumes)/pvc-<uid>\n")
                    #expect(asked.errors.isEmpty, "\(asked.errors)")
                }
                let wrong = try await berth.command(
                    "provision", "--class", "plain", "--size", "8Gi", "--volume-mode", "Block", "--dry-run")
                #expect(wrong.status == 1)
                #expect(wrong.errors.contains("spec.volumeMode: Invalid value: driver hostpath"), "\(wrong.errors)")
                let both = try await berth.command("provision", "--size", "8Gi", "--dry-run", "--wait")
                #expect(both.status == 64)
                #expect(try await served.client.list(.persistentVolumeClaim, ListOptions()).items.isEmpty)
            }
        }
    }

    @Test("a driver that hangs holds up its own dry run, for a bounded time, and nobody else")
    func hangingDriver() async throws {
        try await withTemporaryDirectory { directory in
            var plan = ScriptedDriverPlan()
            plan.on("validate", .ignore(SIGTERM), .hang)
            let script = directory + "/plan.json"
            try plan.json.prettyPrinted().write(toFile: script, atomically: true, encoding: .utf8)
            let hanging: JSONValue = [
                "name": "hanging", "provisioners": ["test/hanging"], "mode": "once",
                "exec": .string(try BuiltProducts.path(of: "ScriptedDriver")), "env": ["BERTH_SCRIPT": .string(script)],
            ]
            let berth = try BerthUnderTest(directory: directory, drivers: [hanging])
            try await berth.serving { served in
                try await served.driverIsReady("hanging")
                var storageClass = ClaimJourneyTests.plainClass
                _ = try await served.client.create(.storageClass, storageClass, WriteOptions())
                storageClass.set("slow", at: "metadata", "name")
                storageClass["provisioner"] = "test/hanging"
                _ = try await served.client.create(.storageClass, storageClass, WriteOptions())
                try await withThrowingTaskGroup(of: [String].self) { group in
                    group.addTask {
                        try await served.client.create(
                            .persistentVolumeClaim, ClaimJourneyTests.claim("asked", storageClass: "slow"),
                            WriteOptions(isDryRun: true)
                        ).warnings
                    }
                    for number in 1...3 {
                        let name = "other-\(number)"
                        _ = try await served.client.create(
                            .persistentVolumeClaim, ClaimJourneyTests.claim(name), WriteOptions())
                        _ = try await served.isBound(name)
                    }
                    let warnings = try await group.next() ?? []
                    #expect(
                        warnings == [
                            "claim default/asked would be provisioned by driver hanging, if that agrees: 1Gi. Whether it does "
                                + "cannot be told: driver hanging has not answered within 8 s"
                        ])
                }
            }
        }
    }
}
