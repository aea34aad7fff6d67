import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for claims")
struct PersistentVolumeClaimRulesTests {
    private func faults(_ claim: JSONValue) -> [String] {
        ObjectStoreTests.faults(creating: claim, .persistentVolumeClaim)
    }

    private func faults(_ old: JSONValue, _ new: JSONValue, subresource: String? = nil) -> [String] {
        ObjectStoreTests.faults(updating: old, to: new, .persistentVolumeClaim, subresource: subresource)
    }

    @Test("a right claim has no fault")
    func right() {
        #expect(faults(ValidObjects.claim) == [])
        #expect(faults(ValidObjects.boundClaim, ValidObjects.boundClaim) == [])
    }

    @Test(
        "a wrong field is refused in Kubernetes' words",
        arguments: [
            ("accessModes", nil, ["spec.accessModes: Required value: at least 1 access mode is required"]),
            (
                "accessModes", ["ReadWriteTwice"],
                [
                    "spec.accessModes: Unsupported value: \"ReadWriteTwice\": supported values: \"ReadOnlyMany\", "
                        + "\"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
                ]
            ),
            (
                "accessModes", ["ReadWriteOncePod", "ReadWriteOnce"],
                ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"]
            ),
            ("resources", nil, ["spec.resources[storage]: Required value"]),
            (
                "resources", ["requests": ["storage": "0"]],
                ["spec.resources[storage]: Invalid value: \"0\": must be greater than zero"]
            ),
            (
                "resources", ["requests": ["storage": "-1Gi"]],
                ["spec.resources[storage]: Invalid value: \"-1Gi\": must be greater than zero"]
            ),
            (
                "volumeMode", "Floppy",
                ["spec.volumeMode: Unsupported value: \"Floppy\": supported values: \"Block\", \"Filesystem\""]
            ),
            (
                "selector", ["matchExpressions": [["key": "a", "operator": "In"]]],
                [
                    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' "
                        + "or 'NotIn'"
                ]
            ),
            (
                "selector", ["matchExpressions": [["key": "a", "operator": "Exists", "values": ["b"]]]],
                [
                    "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is "
                        + "'Exists' or 'DoesNotExist'"
                ]
            ),
            (
                "selector", ["matchExpressions": [["key": "a", "operator": "Like"]]],
                [
                    "spec.selector.matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator"
                ]
            ),
            (
                "dataSource", ["kind": "PersistentVolumeClaim"],
                ["spec.dataSource.name: Required value"]
            ),
            (
                "dataSource", ["kind": "Pod", "name": "x"],
                [
                    "spec.dataSource: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when referencing the "
                        + "default apiGroup"
                ]
            ),
        ] as [(String, JSONValue?, [String])])
    func wrongField(field: String, value: JSONValue?, expected: [String]) {
        #expect(faults(ValidObjects.claim.setting(value, at: "spec", field)) == expected)
    }

    @Test("the name of a class has the form of a subdomain, and may be empty")
    func className() {
        #expect(faults(ValidObjects.claim.setting("", at: "spec", "storageClassName")) == [])
        let wrong = faults(ValidObjects.claim.setting("A B", at: "spec", "storageClassName"))
        #expect(
            wrong.count == 1 && wrong[0].hasPrefix("spec.storageClassName: Invalid value: \"A B\": a lowercase RFC"))
    }

    @Test("dataSource and dataSourceRef must agree")
    func sources() {
        let source: JSONValue = ["kind": "PersistentVolumeClaim", "name": "a"]
        let both = ValidObjects.claim.setting(source, at: "spec", "dataSource")
        #expect(faults(both.setting(source, at: "spec", "dataSourceRef")) == [])
        #expect(
            faults(both.setting(source.setting("b", at: "name"), at: "spec", "dataSourceRef")) == [
                "spec: Invalid value: \"spec.dataSource\": must match dataSourceRef"
            ])
        #expect(
            faults(both.setting(source.setting("n2", at: "namespace"), at: "spec", "dataSourceRef")) == [
                "spec: Invalid value: \"spec.dataSource\": may not be specified when dataSourceRef.namespace is specified"
            ])
    }

    private static let immutable =
        "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for "
        + "bound claims\n"

    @Test("the spec of a claim is immutable, and the error shows the difference")
    func immutableSpec() {
        let changed = ValidObjects.claim.setting(["ReadWriteMany"], at: "spec", "accessModes")
        #expect(
            faults(ValidObjects.claim, changed) == [
                Self.immutable + "- \taccessModes: [\"ReadWriteOnce\"]\n+ \taccessModes: [\"ReadWriteMany\"]\n"
            ])
        let renamed = ValidObjects.claim.setting("other", at: "spec", "storageClassName")
        #expect(
            faults(ValidObjects.claim, renamed) == [
                Self.immutable + "- \tstorageClassName: \"standard\"\n+ \tstorageClassName: \"other\"\n"
            ])
    }

    @Test("the volume's name may be set once")
    func volumeName() {
        let named = ValidObjects.claim.setting("pv1", at: "spec", "volumeName")
        #expect(faults(ValidObjects.claim, named) == [])
        #expect(
            faults(named, named.setting("pv2", at: "spec", "volumeName")) == [
                Self.immutable + "- \tvolumeName: \"pv1\"\n+ \tvolumeName: \"pv2\"\n"
            ])
    }

    @Test("a bound claim may grow, a pending one not")
    func growing() {
        let size: JSONValue = ["requests": ["storage": "2Gi"]]
        #expect(faults(ValidObjects.boundClaim, ValidObjects.boundClaim.setting(size, at: "spec", "resources")) == [])
        #expect(
            faults(ValidObjects.claim, ValidObjects.claim.setting(size, at: "spec", "resources")) == [
                Self.immutable + "- \tresources.requests.storage: \"1Gi\"\n+ \tresources.requests.storage: \"2Gi\"\n"
            ])
    }

    @Test("a request may be lowered, but not to what the volume has")
    func shrinking() {
        let large = ValidObjects.boundClaim.setting(["requests": ["storage": "5Gi"]], at: "spec", "resources")
        let smaller = large.setting(["requests": ["storage": "2Gi"]], at: "spec", "resources")
        #expect(faults(large, smaller) == [])
        let tooSmall = large.setting(["requests": ["storage": "1Gi"]], at: "spec", "resources")
        #expect(
            faults(large, tooSmall) == [
                "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
            ])
    }

    @Test("the class may be given once, where there was none")
    func classFromNothing() {
        let without = ValidObjects.claim.setting(nil, at: "spec", "storageClassName")
        #expect(faults(without, ValidObjects.claim) == [])
        #expect(
            faults(ValidObjects.claim, without) == [Self.immutable + "- \tstorageClassName: \"standard\"\n"])
        let none = ValidObjects.claim.setting("", at: "spec", "storageClassName")
        #expect(
            faults(none, ValidObjects.claim) == [
                Self.immutable + "- \tstorageClassName: \"\"\n+ \tstorageClassName: \"standard\"\n"
            ])
    }

    @Test("the class may move from the old annotation to the field, but not change on the way")
    func classFromAnnotation() {
        let annotated = ValidObjects.claim.setting(nil, at: "spec", "storageClassName")
            .setting([WellKnownAnnotation.storageClassBeta: "standard"], at: "metadata", "annotations")
        #expect(faults(annotated, ValidObjects.claim) == [])
        let another = annotated.setting(
            [WellKnownAnnotation.storageClassBeta: "x"], at: "metadata", "annotations")
        #expect(
            faults(annotated, another) == [
                "metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"x\": field is immutable"
            ])
    }

    @Test("the volume mode is immutable")
    func volumeMode() {
        let changed = ValidObjects.claim.setting("Block", at: "spec", "volumeMode")
        #expect(
            faults(ValidObjects.claim, changed) == [
                Self.immutable + "- \tvolumeMode: \"Filesystem\"\n+ \tvolumeMode: \"Block\"\n",
                "volumeMode: Invalid value: \"Block\": field is immutable",
            ])
    }

    @Test("a status has no negative amounts")
    func status() {
        let capacity: JSONValue = ["phase": "Bound", "capacity": ["storage": "-1"]]
        #expect(
            faults(ValidObjects.claim, ValidObjects.claim.setting(capacity, at: "status"), subresource: "status") == [
                "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity"
            ])
        #expect(faults(ValidObjects.claim, ValidObjects.boundClaim, subresource: "status") == [])
    }
}
