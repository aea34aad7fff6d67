import DriverHost
import DriverProtocol
import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("The intent to provision")
struct ProvisioningIntentTests {
    private let node = ClaimRequirements.Node(
        name: "n1", labels: ["kubernetes.io/hostname": "n1", "topology.kubernetes.io/zone": "a", "rack": "7"])

    private func intent(
        _ storageClass: StorageClass = Objects.storageClass(), node: ClaimRequirements.Node? = nil,
        _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) throws(ProvisioningRefusal) -> ProvisioningIntent {
        try ProvisioningIntent(Objects.claim(className: "fast", change), storageClass, node: node)
    }

    @Test("comes back whole from the record")
    func roundTrip() throws {
        let storageClass = Objects.storageClass(parameters: [
            "type": "gp3", "csi.storage.k8s.io/secret-name": "s", "csi.storage.k8s.io/secret-namespace": "ns",
        ]) {
            $0.json["mountOptions"] = ["noatime"]
            $0.json["reclaimPolicy"] = "Retain"
        }
        let original = record(
            try intent(storageClass, node: node) {
                $0.metadata.labels = ["app": "db"]
                $0.metadata.annotations = ["team": "blue"]
                $0.json.set("20Gi", at: "spec", "resources", "limits", "storage")
            })
        #expect(RecordedIntent(original.stored) == original)
        #expect(original.stored.volume == Objects.ownVolumeName)
    }

    private func record(_ intent: ProvisioningIntent) -> RecordedIntent {
        RecordedIntent(
            intent, driver: DriverReference(name: "shelf", config: ["root": "/srv"]), claim: Objects.claim().key,
            claimUID: Objects.uid, recordedAt: Timestamp(seconds: 1_700_000_000))
    }

    @Test("holds the claim, and says who provisions it")
    func holds() {
        var claim = Objects.claim { $0.metadata[annotation: "berth.dev/provisioning-intent"] = "{}" }
        claim.holdForProvisioning(by: "berth.dev/hostpath")
        #expect(claim.metadata.hasFinalizer(BerthFinalizer.provisioning))
        #expect(claim.metadata[annotation: "volume.kubernetes.io/storage-provisioner"] == "berth.dev/hostpath")
        #expect(claim.metadata[annotation: "volume.beta.kubernetes.io/storage-provisioner"] == "berth.dev/hostpath")
        #expect(claim.metadata[annotation: "berth.dev/provisioning-intent"] == nil)
    }

    @Test("a record that is damaged, or of another volume, reads as none")
    func damaged() throws {
        let sound = record(try intent()).stored
        #expect(RecordedIntent(StoredIntent(volume: sound.volume, document: .null)) == nil)
        #expect(RecordedIntent(StoredIntent(volume: "pvc-other", document: sound.document)) == nil)
        for member in ["arguments", "driver", "claim", "recordedAt"] {
            var document = sound.document
            document[member] = nil
            #expect(RecordedIntent(StoredIntent(volume: sound.volume, document: document)) == nil)
        }
    }

    @Test("every call of a record has the config that the driver was asked with")
    func pinnedConfig() throws {
        let record = record(try intent(Objects.storageClass(parameters: ["type": "gp3"])))
        for call in [try record.provision(secrets: [:]), try record.delete(nil, secrets: [:])] {
            #expect(call.config == ["root": "/srv"])
            #expect(call.parameters == ["type": "gp3"])
            #expect(call.volume?.name == Objects.ownVolumeName)
            #expect(call.volume?.id == nil)
        }
    }

    @Test("tells what of its class is another thing by now")
    func classDiffers() throws {
        let original = Objects.storageClass(parameters: ["type": "gp3"])
        let record = record(try intent(original))
        #expect(record.difference(from: original) == nil)
        #expect(record.difference(from: Objects.storageClass(parameters: ["type": "io1"])) != nil)
        #expect(record.difference(from: Objects.storageClass(provisioner: "example.com/x")) != nil)
        var again = original
        again.metadata.uid = "uid-of-another"
        #expect(record.difference(from: again) != nil)
    }

    @Test("asks the driver for what claim and class say, without the keys that are for the host")
    func request() throws {
        let storageClass = Objects.storageClass(parameters: ["type": "gp3", "csi.storage.k8s.io/fstype": "xfs"])
        let intent = try intent(storageClass)
        let request = try intent.volumeRequest(claimUID: Objects.uid)
        #expect(request.name == Objects.ownVolumeName)
        #expect(request.capacityBytes == 8 << 30)
        #expect(request.accessModes == ["ReadWriteOnce"])
        #expect(request.volumeMode == "Filesystem")
        #expect(request.fsType == "xfs")
        #expect(try intent.driverParameters() == ["type": "gp3"])
    }

    @Test("gives the driver the claim's own labels and annotations, and not the binder's marks")
    func claimWords() throws {
        let intent = try intent {
            $0.metadata.labels = ["app": "db"]
            $0.metadata.annotations = [
                "team": "blue", "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "volume.kubernetes.io/selected-node": "n1", "pv.kubernetes.io/bind-completed": "yes",
                "berth.dev/provisioning-progress": "1%",
            ]
        }
        let reference = intent.claimReference(Objects.claim())
        #expect(reference.labels == ["app": "db"])
        #expect(reference.annotations == ["team": "blue"])
        #expect(reference.uid == Objects.uid)
    }

    @Test("refuses a selector, a content source, a wrong parameter and a claim without a size")
    func refusals() {
        #expect(throws: ProvisioningRefusal.self) { try intent { $0.json.set([:], at: "spec", "selector") } }
        #expect(throws: ProvisioningRefusal.self) {
            try intent { $0.json.set(["kind": "VolumeSnapshot", "name": "s"], at: "spec", "dataSource") }
        }
        #expect(throws: ProvisioningRefusal.self) { try intent { $0.request = nil } }
        let wrong = Objects.storageClass(parameters: ["csi.storage.k8s.io/nonsense": "1"])
        let refusal = #expect(throws: ProvisioningRefusal.self) { try intent(wrong) }
        #expect(refusal?.message.contains("csi.storage.k8s.io/nonsense") == true)
    }

    @Test("without allowedTopologies the consumer's node says where")
    func nodeTopology() throws {
        #expect(try intent().topology == nil)
        let own = ["kubernetes.io/hostname": "n1", "topology.kubernetes.io/zone": "a"]
        #expect(try intent(node: node).topology == TopologyRequirement(requisite: [own], preferred: [own]))
    }

    @Test("allowedTopologies are every combination of their values, the node's first")
    func allowedTopologies() throws {
        let storageClass = Objects.storageClass {
            $0.json["allowedTopologies"] = [
                ["matchLabelExpressions": [["key": "topology.kubernetes.io/zone", "values": ["b", "a"]]]]
            ]
        }
        let zones = [["topology.kubernetes.io/zone": "b"], ["topology.kubernetes.io/zone": "a"]]
        #expect(try intent(storageClass).topology == TopologyRequirement(requisite: zones))
        #expect(
            try intent(storageClass, node: node).topology
                == TopologyRequirement(requisite: zones, preferred: [zones[1], zones[0]]))
        let elsewhere = ClaimRequirements.Node(name: "n9", labels: ["topology.kubernetes.io/zone": "z"])
        #expect(throws: ProvisioningRefusal.self) { try intent(storageClass, node: elsewhere) }
    }
}
