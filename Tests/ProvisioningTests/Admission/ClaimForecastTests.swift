import DriverHost
import JSONTree
import KubernetesAPI
import ObjectStore
import Testing

@testable import Provisioning

@Suite("What would become of a claim", .timeLimit(.minutes(5)))
struct ClaimForecastTests {
    private static func options(_ change: (inout Berth.Options) -> Void = { _ in }) -> Berth.Options {
        Berth.Options {
            $0.info = ClassAdmissionTests.info
            change(&$0)
        }
    }

    @Test("the driver is asked, twice the same, and nothing is made or kept")
    func provisioned() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            for _ in 1...2 {
                let answer = try await berth.store.dryRun(size: "1500Mi")
                #expect(
                    answer == "claim default/data would be provisioned by driver directories: 1500Mi at "
                        + "\(berth.driver.root)/volumes/pvc-<uid>")
            }
            #expect(berth.driver.calls.map { $0.prefix { $0 != " " } } == ["validate", "validate"])
            #expect(try berth.driver.volumes.isEmpty)
            #expect(try await berth.store.list(.persistentVolumeClaim, ListOptions()).items.isEmpty)
            // What was foreseen comes true.
            try await berth.store.awaitBound(try await berth.store.createClaim())
        }
    }

    @Test("server-side apply is answered alike, and the default class counts")
    func appliedWithDefaultClass() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass(isDefault: true)
            var claim = Self.claim()
            claim.set(nil, at: "spec", "storageClassName")
            let result = try await berth.store.patch(
                .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data"), .apply(claim, force: false),
                WriteOptions(fieldManager: "test", isDryRun: true))
            #expect(result.object.decoded().at("spec", "storageClassName") == "fast")
            #expect(result.warnings.first?.contains("would be provisioned by driver directories: 1Gi at") == true)
        }
    }

    @Test("what only another claim or class could mend is an error that names the field")
    func certain() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try berth.driver.plan(
                "validate", "final INVALID_ARGUMENT parameters.mode mode is no octal number",
                "final OUT_OF_RANGE volume.capacityBytes too large for this pool")
            let parameter = try await statusError { try await berth.store.dryRun() }
            #expect(parameter?.code == 422)
            #expect(parameter?.causes.map(\.field) == ["spec.storageClassName"])
            #expect(parameter?.message.contains("INVALID_ARGUMENT (parameters.mode): mode is no octal number") == true)
            #expect(parameter?.message.contains("Delete StorageClass \"fast\" and create it") == true)
            let size = try await statusError { try await berth.store.dryRun() }
            #expect(size?.causes.map(\.field) == ["spec.resources.requests[storage]"])

            // What init says already is not asked.
            let calls = berth.driver.calls.count
            let mode = try await statusError { try await berth.store.dryRun { $0.accessModes = [.readWriteMany] } }
            #expect(mode?.causes.map(\.field) == ["spec.accessModes"])
            let most = try await statusError { try await berth.store.dryRun(size: "2Ti") }
            #expect(most?.causes.map(\.field) == ["spec.resources.requests[storage]"])
            let selector = try await statusError {
                try await berth.store.dryRun {
                    $0.json.set(["a": "b"], at: "spec", "selector", "matchLabels")
                }
            }
            #expect(selector?.causes.map(\.field) == ["spec.selector"])
            #expect(berth.driver.calls.count == calls)
        }
    }

    @Test(
        "what may pass by itself is said, and is no error",
        arguments: ["final RESOURCE_EXHAUSTED volume the pool is full", "unavailable"])
    func passing(plan: String) async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try berth.driver.plan("validate", plan)
            let answer = try await berth.store.dryRun()
            #expect(answer.hasPrefix("claim default/data would stay Pending for now: driver directories: "))
            #expect(try await berth.store.dryRun().contains("would be provisioned"))
        }
    }

    @Test("a driver that dies is said to have, and one without validate that it cannot tell")
    func cannotTell() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try berth.driver.plan("validate", "die")
            let answer = try await berth.store.dryRun()
            #expect(answer.contains("would be provisioned by driver directories, if that agrees: 1Gi."))
        }
        try await Berth.run { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            let answer = try await berth.store.dryRun(size: "1500M")
            #expect(
                answer == "claim default/data would be provisioned by driver directories, if that agrees: 1500M. "
                    + "Whether it does cannot be told: it does not offer validate")
            #expect(berth.driver.calls.isEmpty)
        }
    }

    @Test("a driver that makes no volumes, as one that only mounts, makes none for it")
    func mountsOnly() async throws {
        let options = Self.options { $0.info?["capabilities"] = ["mount", "unmount"] }
        try await Berth.run(options) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            #expect(
                try await berth.store.dryRun()
                    == "claim default/data would stay Pending until somebody creates a PersistentVolume for it: driver "
                    + "directories makes no volumes")
            #expect(berth.driver.calls.isEmpty)
        }
    }

    @Test("a volume that is there would be taken, and is not kept from others by the question")
    func existingVolume() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try await berth.store.createVolume("by-hand", className: "fast")
            try await berth.store.awaitState(ObjectKey(name: "by-hand"), "is Available") { (volume: PersistentVolume) in
                volume.phase == .available
            }
            let expected = "claim default/data would be bound to volume by-hand: 5Gi at /srv/by-hand"
            try await berth.store.awaitForecast(expected)
            let calls = berth.driver.calls.count
            #expect(try await berth.store.dryRun { $0.volumeName = "by-hand" } == expected)
            #expect(
                try await berth.store.dryRun(size: "6Gi") { $0.volumeName = "by-hand" }
                    == "claim default/data would stay Pending: Cannot bind to requested volume \"by-hand\": requested PV "
                    + "is too small (it has 5Gi, the claim asks for 6Gi)")
            #expect(try await berth.store.dryRun { $0.volumeName = "none" }.contains("does not exist"))
            #expect(berth.driver.calls.count == calls)
            let (_, volume) = try await berth.store.awaitBound(try await berth.store.createClaim("other"))
            #expect(volume.name == "by-hand")
        }
    }

    @Test("a class that waits for a consumer is said to, and the driver is asked all the same")
    func waits() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass(waits: true)
            try berth.driver.plan("validate", "final INVALID_ARGUMENT parameters.mode wrong")
            #expect(try await statusError { try await berth.store.dryRun() }?.reason == .invalid)
            #expect(
                try await berth.store.dryRun().hasPrefix(
                    "claim default/data would wait until a Pod uses it (class \"fast\" is WaitForFirstConsumer), and then "
                        + "be provisioned by driver directories: 1Gi at"))
        }
    }

    @Test("what is missing is named: class, driver, secret")
    func missing() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            #expect(try await berth.store.dryRun().contains("storageclasses.storage.k8s.io \"fast\" not found"))
            #expect(try await berth.store.dryRun(className: nil).contains("no storage class is set"))
            try await berth.store.createClass("away", provisioner: "example.com/away")
            #expect(try await berth.store.dryRun(className: "away").contains("would stay Pending: no driver serves"))
            try await berth.store.createClass(parameters: [
                "csi.storage.k8s.io/secret-name": "key", "csi.storage.k8s.io/secret-namespace": "default",
            ])
            #expect(try await berth.store.dryRun().contains("secret default/key, which the class names"))
            _ = try await berth.store.create(
                .secret,
                [
                    "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "key", "namespace": "default"],
                    "stringData": ["password": "s3cret"],
                ], WriteOptions())
            #expect(try await berth.store.dryRun().contains("would be provisioned"))
            #expect(berth.driver.calls.last?.contains("secret=s3cret") == true)
        }
    }

    @Test("a claim that is there already is a conflict, and nobody is asked")
    func exists() async throws {
        try await Berth.run(Self.options()) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try await berth.store.awaitBound(try await berth.store.createClaim())
            let error = try await statusError { try await berth.store.dryRun() }
            #expect(error?.reason == .alreadyExists)
            #expect(berth.driver.calls(of: "validate").isEmpty)
        }
    }

    @Test("a driver that hangs is given up in time, and meanwhile nobody else waits")
    func hanging() async throws {
        let options = Self.options { $0.validationTime = .milliseconds(700) }
        try await Berth.run(options) { berth in
            try await berth.driverIsReady()
            try await berth.store.createClass()
            try berth.driver.plan("validate", "hold", "hold")
            for _ in 1...2 {
                try await withThrowingTaskGroup(of: String?.self) { group in
                    group.addTask { try await berth.store.dryRun() }
                    try await eventually("the driver hangs") { !berth.driver.calls(of: "validate").isEmpty }
                    // Other writes, of classes and claims too, and the same driver's other calls.
                    let name = "other-\(berth.driver.calls.count)"
                    try await berth.store.createClass(name)
                    try await berth.store.awaitBound(try await berth.store.createClaim(name))
                    let answer = try await group.next() ?? nil
                    #expect(
                        answer == "claim default/data would be provisioned by driver directories, if that agrees: 1Gi. "
                            + "Whether it does cannot be told: driver directories has not answered within 1 s")
                }
            }
            #expect(berth.host.driver(serving: DirectoryDriver.provisioner)?.state == .ready)
        }
    }

    static func claim(
        size: String = "1Gi", className: String? = "fast", _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) -> JSONValue {
        var claim = PersistentVolumeClaim(name: "data", namespace: "default")
        claim.accessModes = [.readWriteOnce]
        claim.storageClassName = className
        claim.json.set(.string(size), at: "spec", "resources", "requests", "storage")
        change(&claim)
        return claim.json
    }
}

extension ResourceClient {
    /// - Returns: The answer, the only one of its warnings.
    fileprivate func dryRun(
        size: String = "1Gi", className: String? = "fast", _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) async throws -> String {
        let claim = ClaimForecastTests.claim(size: size, className: className, change)
        let result = try await create(.persistentVolumeClaim, claim, WriteOptions(isDryRun: true))
        #expect(result.warnings.count == 1)
        return result.warnings.first ?? ""
    }

    /// The controllers hear of a volume a moment after it was stored.
    fileprivate func awaitForecast(_ expected: String) async throws {
        try await withDeadline(expected) { while try await dryRun() != expected {} }
    }
}
