import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Admission")
struct AdmissionTests {
    private let admission = Admission()

    private static func storageClass(_ name: String, isDefault: Bool = false, grows: Bool = false) -> StoredObject {
        var storageClass = ValidObjects.storageClass.setting(.string(name), at: "metadata", "name")
            .setting("2026-01-01T00:00:00Z", at: "metadata", "creationTimestamp")
        if isDefault {
            storageClass = storageClass.setting(
                [WellKnownAnnotation.isDefaultClass: "true"], at: "metadata", "annotations")
        }
        if grows { storageClass["allowVolumeExpansion"] = true }
        return StoredObject(kind: .storageClass, object: storageClass)
    }

    private func lookup(_ classes: StoredObject...) -> AdmissionLookup {
        AdmissionLookup(
            storageClasses: { classes }, storageClass: { name in classes.first { $0.key.name == name } })
    }

    private func completed(
        _ object: JSONValue, _ lookup: AdmissionLookup, of kind: ResourceKind = .persistentVolumeClaim
    ) throws -> JSONValue {
        var object = object
        try admission.completeCreation(&object, kind, lookup)
        return object
    }

    private let classless = ValidObjects.claim.setting(nil, at: "spec", "storageClassName")

    @Test("a claim without a class gets the default one")
    func defaultClass() throws {
        let lookup = lookup(Self.storageClass("a"), Self.storageClass("b", isDefault: true))
        #expect(try completed(classless, lookup).at("spec", "storageClassName") == "b")
    }

    @Test("a claim that names a class keeps it, also when it names none")
    func ownClass() throws {
        let lookup = lookup(Self.storageClass("b", isDefault: true))
        #expect(try completed(ValidObjects.claim, lookup).at("spec", "storageClassName") == "standard")
        let none = ValidObjects.claim.setting("", at: "spec", "storageClassName")
        #expect(try completed(none, lookup).at("spec", "storageClassName") == "")
        let annotated = classless.setting(
            [WellKnownAnnotation.storageClassBeta: "old"], at: "metadata", "annotations")
        #expect(try completed(annotated, lookup).at("spec", "storageClassName") == nil)
    }

    @Test("without a default class a claim stays without one")
    func noDefault() throws {
        #expect(try completed(classless, lookup(Self.storageClass("a"))).at("spec", "storageClassName") == nil)
    }

    @Test("the default class is found anew when the classes changed")
    func changedClasses() throws {
        #expect(
            try completed(classless, lookup(Self.storageClass("a", isDefault: true))).at("spec", "storageClassName")
                == "a")
        #expect(
            try completed(classless, lookup(Self.storageClass("b", isDefault: true))).at("spec", "storageClassName")
                == "b")
        #expect(try completed(classless, lookup()).at("spec", "storageClassName") == nil)
    }

    @Test("claims and volumes begin with their protection, once")
    func protection() throws {
        let lookup = lookup()
        let claim = try completed(ValidObjects.claim, lookup)
        #expect(claim.at("metadata", "finalizers") == ["kubernetes.io/pvc-protection"])
        #expect(try completed(claim, lookup) == claim)
        let volume = try completed(
            ValidObjects.volume.setting(["x/own"], at: "metadata", "finalizers"), lookup,
            of: .persistentVolume)
        #expect(volume.at("metadata", "finalizers") == ["x/own", "kubernetes.io/pv-protection"])
    }

    @Test("a claim grows only where its class allows it")
    func growing() throws {
        let larger = ValidObjects.boundClaim.setting("2Gi", at: "spec", "resources", "requests", "storage")
        try admission.checkUpdate(
            .persistentVolumeClaim, old: ValidObjects.boundClaim, new: larger,
            lookup(Self.storageClass("standard", grows: true)))
        for lookup in [lookup(Self.storageClass("standard")), lookup()] {
            let error = #expect(throws: StatusError.self) {
                try admission.checkUpdate(
                    .persistentVolumeClaim, old: ValidObjects.boundClaim, new: larger, lookup)
            }
            #expect(error?.code == 403)
            #expect(
                error?.message
                    == "persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be resized and the "
                    + "storageclass that provisions the pvc must support resize")
        }
    }

    @Test("what does not grow needs nobody's leave")
    func notGrowing() throws {
        try admission.checkUpdate(
            .persistentVolumeClaim, old: ValidObjects.boundClaim,
            new: ValidObjects.boundClaim.setting("x", at: "metadata", "labels", "a"), lookup())
    }

    @Test(
        "a writer is warned in the words that kubectl prints",
        arguments: [
            (.persistentVolumeClaim, ValidObjects.claim, []),
            (
                .persistentVolumeClaim,
                ValidObjects.claim.setting("x", at: "metadata", "annotations", WellKnownAnnotation.storageClassBeta),
                [
                    "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "
                        + "\"storageClassName\" attribute instead"
                ]
            ),
            (
                .persistentVolumeClaim,
                ValidObjects.claim.setting("1500m", at: "spec", "resources", "requests", "storage"),
                [
                    "spec.resources.requests[storage]: fractional byte value \"1500m\" is invalid, must be an integer"
                ]
            ),
            (.persistentVolume, ValidObjects.volume, []),
            (
                .persistentVolume,
                ValidObjects.volume.setting("Recycle", at: "spec", "persistentVolumeReclaimPolicy"),
                [
                    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                        + "recommended approach is to use dynamic provisioning."
                ]
            ),
            (
                .persistentVolume, ValidObjects.volume.setting([:], at: "spec", "rbd"),
                ["spec.rbd: deprecated in v1.28, non-functional in v1.31+"]
            ),
            (
                .storageClass,
                ValidObjects.storageClass.setting(
                    [
                        [
                            "matchLabelExpressions": [
                                ["key": "failure-domain.beta.kubernetes.io/zone", "values": ["a"]]
                            ]
                        ]
                    ], at: "allowedTopologies"),
                [
                    "allowedTopologies[0].matchLabelExpressions[0].key: failure-domain.beta.kubernetes.io/zone is "
                        + "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
                ]
            ),
        ] as [(ResourceKind, JSONValue, [String])])
    func warnings(kind: ResourceKind, object: JSONValue, expected: [String]) {
        #expect(Warnings.about(object, kind) == expected)
    }
}

@Suite("The rules in the store")
struct StoreRulesTests {
    @Test("a claim is completed when it is created")
    func completes() async throws {
        try await withStore { store in
            var storageClass = ValidObjects.storageClass
            storageClass.set("true", at: "metadata", "annotations", WellKnownAnnotation.isDefaultClass)
            try await store.create(.storageClass, storageClass)
            let claim = PersistentVolumeClaim(
                try await store.create(
                    .persistentVolumeClaim,
                    [
                        "metadata": ["name": "c", "namespace": "default"],
                        "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1024Mi"]]],
                    ]))
            #expect(claim.storageClassName == "standard")
            #expect(claim.request?.description == "1Gi")
            #expect(claim.phase == .pending)
            #expect(claim.metadata.finalizers == [WellKnownFinalizer.claimProtection])
        }
    }

    @Test("a wrong object is refused with all its faults, and not stored")
    func refuses() async throws {
        try await withStore { store in
            let error = try await statusError {
                try await store.create(
                    .persistentVolumeClaim, ["metadata": ["name": "c", "namespace": "default"], "spec": [:]])
            }
            #expect(error?.code == 422)
            #expect(error?.causes.map(\.field) == ["spec.accessModes", "spec.resources[storage]"])
            #expect(
                error?.message
                    == "PersistentVolumeClaim \"c\" is invalid: [spec.accessModes: Required value: at least 1 access mode "
                    + "is required, spec.resources[storage]: Required value]")
            #expect(store.count(.persistentVolumeClaim) == 0)
        }
    }

    @Test("a manifest of apps/v1beta1 is stored as apps/v1 with the defaults of its own version")
    func oldVersion() async throws {
        try await withStore { store in
            let set = try await store.create(
                .statefulSet,
                [
                    "apiVersion": "apps/v1beta1", "metadata": ["name": "web", "namespace": "default"],
                    "spec": [
                        "serviceName": "nginx",
                        "template": [
                            "metadata": ["labels": ["app": "nginx"]],
                            "spec": ["containers": [["name": "nginx", "image": "nginx"]]],
                        ],
                    ],
                ]
            ).decoded()
            #expect(set["apiVersion"] == "apps/v1")
            #expect(set.at("spec", "updateStrategy", "type") == "OnDelete")
            #expect(set["status"] == ["replicas": 0, "availableReplicas": 0])
        }
    }

    @Test("an update is held against what there is")
    func update() async throws {
        try await withStore { store in
            try await store.create(.storageClass, ValidObjects.storageClass)
            let error = try await statusError {
                try await store.update(.storageClass, ValidObjects.storageClass.setting("x/y", at: "provisioner"))
            }
            #expect(
                error?.message
                    == "StorageClass.storage.k8s.io \"standard\" is invalid: provisioner: Forbidden: updates to provisioner "
                    + "are forbidden.")
        }
    }
}
