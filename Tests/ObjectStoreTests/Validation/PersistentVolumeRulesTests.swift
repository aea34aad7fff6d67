import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for volumes")
struct PersistentVolumeRulesTests {
    private static let sourceless = ValidObjects.volume.setting(nil, at: "spec", "nfs")

    private func faults(_ volume: JSONValue) -> [String] {
        ObjectStoreTests.faults(creating: volume, .persistentVolume)
    }

    private func faults(_ old: JSONValue, _ new: JSONValue) -> [String] {
        ObjectStoreTests.faults(updating: old, to: new, .persistentVolume)
    }

    @Test("a right volume has no fault")
    func right() {
        #expect(faults(ValidObjects.volume) == [])
        #expect(faults(ValidObjects.volume, ValidObjects.volume) == [])
    }

    @Test("a volume has one source, not none and not two")
    func oneSource() {
        #expect(faults(Self.sourceless) == ["spec: Required value: must specify a volume type"])
        #expect(
            faults(ValidObjects.volume.setting(["path": "/x"], at: "spec", "hostPath")) == [
                "spec.nfs: Forbidden: may not specify more than 1 volume type"
            ])
    }

    @Test(
        "a wrong field is refused in Kubernetes' words",
        arguments: [
            ("accessModes", [], ["spec.accessModes: Required value"]),
            (
                "capacity", nil,
                [
                    "spec.capacity: Required value",
                    "spec.capacity: Unsupported value: null: supported values: \"storage\"",
                ]
            ),
            (
                "capacity", ["storage": "1Gi", "iops": "5"],
                [
                    "spec.capacity: Unsupported value: {\"storage\":\"1Gi\",\"iops\":\"5\"}: supported values: \"storage\""
                ]
            ),
            (
                "capacity", ["storage": "0"],
                ["spec.capacity[storage]: Invalid value: \"0\": must be greater than zero"]
            ),
            (
                "persistentVolumeReclaimPolicy", "Burn",
                [
                    "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Burn\": supported values: \"Delete\", "
                        + "\"Recycle\", \"Retain\""
                ]
            ),
            (
                "volumeMode", "Tape",
                ["spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\""]
            ),
            (
                "nodeAffinity", ["required": ["nodeSelectorTerms": []]],
                [
                    "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector "
                        + "term"
                ]
            ),
            (
                "nodeAffinity", [:],
                ["spec.nodeAffinity.required: Required value: must specify required node constraints"]
            ),
            (
                "nodeAffinity",
                ["required": ["nodeSelectorTerms": [["matchExpressions": [["key": "a", "operator": "Gt"]]]]]],
                [
                    "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be "
                        + "specified single value when `operator` is 'Lt' or 'Gt'"
                ]
            ),
        ] as [(String, JSONValue?, [String])])
    func wrongField(field: String, value: JSONValue?, expected: [String]) {
        #expect(faults(ValidObjects.volume.setting(value, at: "spec", field)) == expected)
    }

    @Test("the root of a host is never recycled", arguments: ["/", "//", "/./"])
    func recycleRoot(path: String) {
        let volume = Self.sourceless.setting(["path": .string(path)], at: "spec", "hostPath")
            .setting("Recycle", at: "spec", "persistentVolumeReclaimPolicy")
        #expect(
            faults(volume) == [
                "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"
            ])
        #expect(faults(volume.setting("/srv", at: "spec", "hostPath", "path")) == [])
    }

    @Test("mount options as an annotation are for sources that are mounted by options")
    func mountOptions() {
        let annotations: JSONValue = [WellKnownAnnotation.mountOptionsBeta: "ro"]
        #expect(faults(ValidObjects.volume.setting(annotations, at: "metadata", "annotations")) == [])
        let hostPath = Self.sourceless.setting(["path": "/x"], at: "spec", "hostPath")
        #expect(
            faults(hostPath.setting(annotations, at: "metadata", "annotations")) == [
                "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options "
                    + "for this volume type"
            ])
    }

    @Test("the source is immutable, and the error shows the difference")
    func immutableSource() {
        #expect(
            faults(ValidObjects.volume, ValidObjects.volume.setting("/other", at: "spec", "nfs", "path")) == [
                "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n"
                    + "- \tnfs.path: \"/tmp\"\n+ \tnfs.path: \"/other\"\n"
            ])
        // The same to Kubernetes, whose typed objects have no other way to say it.
        #expect(faults(ValidObjects.volume, ValidObjects.volume.setting(false, at: "spec", "nfs", "readOnly")) == [])
    }

    @Test("claimRef, reclaim policy and capacity may change")
    func mutable() {
        let changed = ValidObjects.volume.setting(["name": "c", "namespace": "n"], at: "spec", "claimRef")
            .setting("Delete", at: "spec", "persistentVolumeReclaimPolicy")
            .setting("6Gi", at: "spec", "capacity", "storage")
        #expect(faults(ValidObjects.volume, changed) == [])
    }

    @Test("the volume mode is immutable")
    func volumeMode() {
        #expect(
            faults(ValidObjects.volume, ValidObjects.volume.setting("Block", at: "spec", "volumeMode")) == [
                "volumeMode: Invalid value: \"Block\": field is immutable"
            ])
    }

    @Test("node affinity may be given once; then only its old labels may get their new names")
    func nodeAffinity() {
        func affinity(_ key: String, _ value: String) -> JSONValue {
            [
                "required": [
                    "nodeSelectorTerms": [
                        [
                            "matchExpressions": [
                                ["key": .string(key), "operator": "In", "values": [.string(value)]]
                            ]
                        ]
                    ]
                ]
            ]
        }
        let beta = ValidObjects.volume.setting(
            affinity("failure-domain.beta.kubernetes.io/zone", "a"), at: "spec", "nodeAffinity")
        let renamed = ValidObjects.volume.setting(
            affinity("topology.kubernetes.io/zone", "a"), at: "spec", "nodeAffinity")
        let other = ValidObjects.volume.setting(
            affinity("topology.kubernetes.io/zone", "b"), at: "spec", "nodeAffinity")
        #expect(faults(ValidObjects.volume, beta) == [])
        #expect(faults(beta, renamed) == [])
        let refused = faults(renamed, other)
        #expect(refused.count == 1)
        #expect(refused.first?.hasPrefix("nodeAffinity: Invalid value: {\"required\":") == true)
        #expect(
            refused.first?.hasSuffix(": field is immutable, except for updating from beta label to GA") == true)
    }

    @Test("a CSI volume may get the secret for growing later")
    func expandSecret() {
        let volume = Self.sourceless.setting(["driver": "d", "volumeHandle": "h"], at: "spec", "csi")
        let changed = volume.setting(
            ["name": "s", "namespace": "n"], at: "spec", "csi", "controllerExpandSecretRef")
        #expect(faults(volume, changed) == [])
        #expect(faults(changed, volume).count == 1)
    }
}
