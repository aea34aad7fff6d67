import JSONTree
import KubernetesAPI
import Testing

@Suite("Typed views")
struct ViewTests {
    @Test("a field that the view does not know survives a write")
    func unknownFieldsSurvive() {
        var claim = PersistentVolumeClaim([
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": "c", "namespace": "n", "future": 1],
            "spec": ["future": ["x": 1], "volumeName": "old"],
        ])
        claim.volumeName = "pv1"
        claim.phase = .bound
        claim.metadata[annotation: "a"] = "b"
        claim.metadata.addFinalizer("f/x")
        #expect(
            claim.json == [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": [
                    "name": "c", "namespace": "n", "future": 1, "annotations": ["a": "b"], "finalizers": ["f/x"],
                ],
                "spec": ["future": ["x": 1], "volumeName": "pv1"], "status": ["phase": "Bound"],
            ])
    }

    @Test("an empty object reads as Kubernetes' defaults")
    func empty() throws {
        let claim = PersistentVolumeClaim([:])
        #expect(claim.storageClassName == nil && claim.effectiveClassName == nil)
        #expect(claim.volumeName == "" && claim.accessModes == [] && claim.volumeMode == .filesystem)
        #expect(claim.request == nil && claim.capacity == nil && claim.phase == .pending)
        #expect(try claim.selector() == nil)
        let volume = PersistentVolume([:])
        #expect(volume.source == nil && volume.claimRef == nil && volume.reclaimPolicy == .retain)
        let storageClass = StorageClass([:])
        #expect(storageClass.reclaimPolicy == .delete && storageClass.volumeBindingMode == .immediate)
    }

    @Test("the beta annotation wins over storageClassName")
    func betaClass() {
        var claim = PersistentVolumeClaim(name: "c", namespace: "n")
        claim.storageClassName = "field"
        #expect(claim.effectiveClassName == "field")
        claim.metadata[annotation: WellKnownAnnotation.storageClassBeta] = "annotation"
        #expect(claim.effectiveClassName == "annotation")
        claim.metadata[annotation: WellKnownAnnotation.storageClassBeta] = nil
        #expect(claim.metadata.json["annotations"] == nil)
    }

    @Test("a claim's request, capacity and access modes are typed")
    func claimFields() throws {
        var claim = PersistentVolumeClaim(name: "c", namespace: "n")
        claim.request = try Quantity(parsing: "1024Mi")
        claim.accessModes = [.readWriteOnce]
        claim.capacity = Quantity(bytes: 2 << 30)
        claim.actualAccessModes = [.readWriteOnce, .readOnlyMany]
        #expect(claim.json.at("spec", "resources", "requests", "storage") == "1Gi")
        #expect(claim.json.at("status", "capacity", "storage") == "2Gi")
        #expect(claim.actualAccessModes.map(\.abbreviation) == ["RWO", "ROX"])
    }

    @Test("a volume's source is found and replaced")
    func volumeSource() {
        var volume = PersistentVolume(name: "pv1")
        volume.source = .init(type: "nfs", value: ["server": "s", "path": "/p"])
        #expect(volume.source?.type == "nfs")
        volume.source = .init(type: "hostPath", value: ["path": "/x"])
        #expect(volume.json["spec"] == ["hostPath": ["path": "/x"]])
        volume.claimRef = PersistentVolumeClaim(name: "c", namespace: "n").reference
        #expect(volume.claimRef?.key == ObjectKey(namespace: "n", name: "c"))
    }

    @Test("of several default classes the newest counts, then the name")
    func defaultClass() {
        func storageClass(_ name: String, _ time: String, isDefault: Bool = true) -> StorageClass {
            var storageClass = StorageClass(name: name)
            storageClass.metadata.creationTimestamp = Timestamp(time)
            if isDefault { storageClass.metadata[annotation: WellKnownAnnotation.isDefaultClass] = "true" }
            return storageClass
        }
        let classes = [
            storageClass("old", "2026-01-01T00:00:00Z"), storageClass("b", "2026-01-02T00:00:00Z"),
            storageClass("a", "2026-01-02T00:00:00Z"), storageClass("new", "2026-01-03T00:00:00Z", isDefault: false),
        ]
        #expect(StorageClass.defaultClass(among: classes)?.name == "a")
        #expect(StorageClass.defaultClass(among: []) == nil)
    }

    @Test("a secret decodes its values, and never prints one")
    func secret() throws {
        let secret = Secret([
            "metadata": ["name": "s", "namespace": "n"], "type": "Opaque",
            "data": ["password": "aHVudGVyMg==", "broken": "*"],
        ])
        #expect(try secret.value("password") == Array("hunter2".utf8))
        #expect(try secret.value("absent") == nil)
        #expect(throws: Base64.DecodingError.self) { try secret.value("broken") }
        #expect("\(secret)" == "Secret n/s (Opaque; keys: broken, password)")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in [String(reflecting: secret), dumped] {
            #expect(!text.contains("aHVudGVyMg") && !text.contains("hunter2"))
        }
    }

    @Test("an event is named for its object and the time")
    func event() {
        let claim = PersistentVolumeClaim([
            "metadata": ["name": "c", "namespace": "n", "uid": "u", "resourceVersion": "7"]
        ])
        var event = Event(
            about: claim.reference, .warning, reason: "ProvisioningFailed", message: "no", component: "berth",
            at: Timestamp(seconds: 1, nanoseconds: 5))
        #expect(event.key == ObjectKey(namespace: "n", name: "c.3b9aca05"))
        #expect(event.involvedObject.uid == "u" && event.type == "Warning" && event.count == 1)
        event.recur(at: Timestamp(seconds: 61))
        #expect(event.count == 2 && event.lastTimestamp?.seconds == 61 && event.firstTimestamp?.seconds == 1)
    }

    @Test("a long message is cut to what the API takes, between characters")
    func longMessage() {
        let event = Event(
            about: ObjectReference(kind: "PersistentVolume", apiVersion: "v1", namespace: nil, name: "p"), .normal,
            reason: "R", message: String(repeating: "ä", count: 600), component: "berth", at: Timestamp(seconds: 1))
        #expect(event.namespace == "default")
        #expect(event.message.utf8.count <= 1024 && event.message.hasSuffix("ä..."))
    }

    @Test("a pod names the claims that it uses")
    func podClaims() {
        let pod = Pod([
            "metadata": ["name": "p"],
            "spec": [
                "volumes": [
                    ["name": "a", "persistentVolumeClaim": ["claimName": "x"]], ["name": "b", "emptyDir": [:]],
                    ["name": "c", "ephemeral": ["volumeClaimTemplate": [:]]],
                ]
            ],
        ])
        #expect(pod.claimNames == ["x", "p-c"])
    }
}
