import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for classes")
struct StorageClassRulesTests {
    private func faults(_ storageClass: JSONValue) -> [String] {
        ObjectStoreTests.faults(creating: storageClass, .storageClass)
    }

    private func faults(_ old: JSONValue, _ new: JSONValue) -> [String] {
        ObjectStoreTests.faults(updating: old, to: new, .storageClass)
    }

    @Test("a right class has no fault")
    func right() {
        #expect(faults(ValidObjects.storageClass) == [])
        #expect(faults(ValidObjects.storageClass.setting("Example.com/NFS", at: "provisioner")) == [])
    }

    @Test(
        "a wrong field is refused in Kubernetes' words",
        arguments: [
            ("provisioner", nil, ["provisioner: Required value"]),
            ("provisioner", "/x", ["provisioner: Invalid value: \"/x\": prefix part must be non-empty"]),
            ("parameters", ["": "x"], ["parameters: Invalid value: \"\": field can not be empty."]),
            (
                "reclaimPolicy", "Recycle",
                ["reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""]
            ),
            ("volumeBindingMode", nil, ["volumeBindingMode: Required value"]),
            (
                "volumeBindingMode", "Later",
                [
                    "volumeBindingMode: Unsupported value: \"Later\": supported values: \"Immediate\", "
                        + "\"WaitForFirstConsumer\""
                ]
            ),
            (
                "allowedTopologies", [["matchLabelExpressions": [["key": "zone", "values": []]]]],
                ["allowedTopologies[0].matchLabelExpressions[0].values: Required value"]
            ),
            (
                "allowedTopologies", [["matchLabelExpressions": [["key": "zone", "values": ["a", "a"]]]]],
                ["allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"a\""]
            ),
            (
                "allowedTopologies",
                [
                    ["matchLabelExpressions": [["key": "zone", "values": ["a", "b"]]]],
                    ["matchLabelExpressions": [["key": "zone", "values": ["b", "a"]]]],
                ],
                ["allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\""]
            ),
        ] as [(String, JSONValue?, [String])])
    func wrongField(field: String, value: JSONValue?, expected: [String]) {
        #expect(faults(ValidObjects.storageClass.setting(value, at: field)) == expected)
    }

    @Test("a class has at most 512 parameters of 256 KiB together")
    func parameterLimits() {
        let many = JSONValue(Dictionary(uniqueKeysWithValues: (0..<513).map { ("k\($0)", "") }))
        #expect(
            faults(ValidObjects.storageClass.setting(many, at: "parameters")) == [
                "parameters: Too long: may not be more than 512 bytes"
            ])
        let large: JSONValue = ["k": .string(String(repeating: "x", count: 256 << 10))]
        #expect(
            faults(ValidObjects.storageClass.setting(large, at: "parameters")) == [
                "parameters: Too long: may not be more than 262144 bytes"
            ])
    }

    @Test("what a class promises is immutable, the rest not")
    func immutable() {
        let old = ValidObjects.storageClass
        #expect(faults(old, old.setting(true, at: "allowVolumeExpansion")) == [])
        #expect(
            faults(old, old.setting("x/y", at: "provisioner")) == [
                "provisioner: Forbidden: updates to provisioner are forbidden."
            ])
        #expect(
            faults(old, old.setting(["type": "gp3"], at: "parameters")) == [
                "parameters: Forbidden: updates to parameters are forbidden."
            ])
        #expect(
            faults(old, old.setting("Retain", at: "reclaimPolicy")) == [
                "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."
            ])
        #expect(
            faults(old, old.setting("WaitForFirstConsumer", at: "volumeBindingMode")) == [
                "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable"
            ])
    }
}

@Suite("Rules for attachments")
struct VolumeAttachmentRulesTests {
    private func faults(_ attachment: JSONValue) -> [String] {
        ObjectStoreTests.faults(creating: attachment, .volumeAttachment)
    }

    @Test("an attachment names one volume, in one of two ways")
    func source() {
        #expect(faults(ValidObjects.attachment) == [])
        let rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        #expect(
            faults(ValidObjects.attachment.setting([:], at: "spec", "source")) == [
                "spec.source: Required value: \(rule)"
            ])
        let inline: JSONValue = [
            "accessModes": ["ReadWriteOnce"], "csi": ["driver": "d", "volumeHandle": "h"],
        ]
        #expect(
            faults(ValidObjects.attachment.setting(["inlineVolumeSpec": inline], at: "spec", "source")) == [])
        #expect(
            faults(ValidObjects.attachment.setting(inline, at: "spec", "source", "inlineVolumeSpec")) == [
                "spec.source: Forbidden: \(rule)"
            ])
    }

    @Test("its spec is immutable")
    func immutable() {
        let changed = ValidObjects.attachment.setting("node-2", at: "spec", "nodeName")
        let refused = ObjectStoreTests.faults(updating: ValidObjects.attachment, to: changed, .volumeAttachment)
        #expect(refused.count == 1)
        #expect(refused.first?.hasSuffix(": field is immutable") == true)
    }

    @Test("its error messages are bounded")
    func status() {
        let status: JSONValue = ["attachError": ["message": .string(String(repeating: "x", count: 1025))]]
        #expect(
            ObjectStoreTests.faults(
                updating: ValidObjects.attachment, to: ValidObjects.attachment.setting(status, at: "status"),
                .volumeAttachment, subresource: "status") == [
                    "status.attachError.message: Too long: may not be more than 1024 bytes"
                ])
    }
}
