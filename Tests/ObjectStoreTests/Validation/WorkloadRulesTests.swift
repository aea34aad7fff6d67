import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for pods")
struct PodRulesTests {
    private func faults(_ pod: JSONValue) -> [String] { ObjectStoreTests.faults(creating: pod, .pod) }

    /// The pod with another first container.
    private func pod(container: JSONValue) -> JSONValue {
        ValidObjects.pod.setting([container], at: "spec", "containers")
    }

    private var container: JSONValue { ValidObjects.pod.at("spec", "containers")?.arrayValue?.first ?? .null }

    @Test("a right pod has no fault")
    func right() {
        #expect(faults(ValidObjects.pod) == [])
        #expect(ObjectStoreTests.faults(updating: ValidObjects.pod, to: ValidObjects.pod, .pod) == [])
    }

    @Test(
        "a wrong field is refused in Kubernetes' words",
        arguments: [
            ("containers", [], ["spec.containers: Required value"]),
            (
                "restartPolicy", "Sometimes",
                [
                    "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", "
                        + "\"Never\""
                ]
            ),
            (
                "dnsPolicy", "Guess",
                [
                    "spec.dnsPolicy: Unsupported value: \"Guess\": supported values: \"ClusterFirstWithHostNet\", "
                        + "\"ClusterFirst\", \"Default\", \"None\""
                ]
            ),
            (
                "volumes", [],
                ["spec.containers[0].volumeMounts[0].name: Not found: \"data\""]
            ),
            (
                "volumes",
                [
                    ["name": "data", "emptyDir": [:]], ["name": "data", "emptyDir": [:]],
                ],
                ["spec.volumes[1].name: Duplicate value: \"data\""]
            ),
            (
                "volumes", [["name": "data", "emptyDir": [:], "hostPath": ["path": "/x"]]],
                [
                    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
                    "spec.containers[0].volumeMounts[0].name: Not found: \"data\"",
                ]
            ),
            (
                "volumes", [["name": "data", "persistentVolumeClaim": [:]]],
                [
                    "spec.volumes[0].persistentVolumeClaim.claimName: Required value",
                    "spec.containers[0].volumeMounts[0].name: Not found: \"data\"",
                ]
            ),
            (
                "activeDeadlineSeconds", 0,
                ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]
            ),
            (
                "tolerations", [["operator": "Equal"]],
                [
                    "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, "
                        + "which means \"match all values and all keys\""
                ]
            ),
        ] as [(String, JSONValue, [String])])
    func wrongField(field: String, value: JSONValue, expected: [String]) {
        #expect(faults(ValidObjects.pod.setting(value, at: "spec", field)) == expected)
    }

    @Test(
        "a wrong field of a container is refused in Kubernetes' words",
        arguments: [
            ("name", "", ["name: Required value"]),
            ("name", "a.b", ["name: Invalid value: \"a.b\": must not contain dots"]),
            ("image", nil, ["image: Required value"]),
            (
                "imagePullPolicy", "Maybe",
                [
                    "imagePullPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"IfNotPresent\", "
                        + "\"Never\""
                ]
            ),
            ("volumeMounts", [["name": "data"]], ["volumeMounts[0].mountPath: Required value"]),
            (
                "volumeMounts", [["name": "data", "mountPath": "/a"], ["name": "data", "mountPath": "/a"]],
                ["volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique"]
            ),
            (
                "volumeMounts", [["name": "data", "mountPath": "/a", "subPath": "../b"]],
                ["volumeMounts.subPath: Invalid value: \"../b\": must not contain '..'"]
            ),
            (
                "volumeDevices", [["name": "data", "devicePath": "/dev/x"]],
                [
                    "volumeMounts[0].name: Invalid value: \"data\": must not already exist in volumeDevices"
                ]
            ),
            (
                "resources", ["requests": ["memory": "2Gi"], "limits": ["memory": "1Gi"]],
                ["resources.requests: Invalid value: \"2Gi\": must be less than or equal to memory limit of 1Gi"]
            ),
            (
                "ports", [["containerPort": 70000, "protocol": "TCP"]],
                ["ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"]
            ),
            (
                "env", [["name": "A=B"]],
                [
                    "env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of "
                        + "printable ASCII characters other than '='"
                ]
            ),
        ] as [(String, JSONValue?, [String])])
    func wrongContainer(field: String, value: JSONValue?, expected: [String]) {
        #expect(
            faults(pod(container: container.setting(value, at: field))) == expected.map { "spec.containers[0].\($0)" })
    }

    @Test("a block device is of a claim")
    func blockDevice() {
        let container = container.setting(nil, at: "volumeMounts")
            .setting([["name": "data", "devicePath": "/dev/x"]], at: "volumeDevices")
        #expect(faults(pod(container: container)) == [])
        let pod = pod(container: container).setting([["name": "data", "emptyDir": [:]]], at: "spec", "volumes")
        #expect(
            faults(pod) == [
                "spec.containers[0].volumeDevices[0].name: Invalid value: \"data\": can only use volume source type of "
                    + "PersistentVolumeClaim or Ephemeral for block mode"
            ])
    }

    @Test("containers are told apart by name, those that run first too")
    func names() {
        let pod = ValidObjects.pod.setting([container], at: "spec", "initContainers")
        #expect(faults(pod) == ["spec.initContainers[0].name: Duplicate value: \"db\""])
    }

    @Test("an ephemeral volume has the claim's rules")
    func ephemeral() {
        let template: JSONValue = [
            "name": "data", "ephemeral": ["volumeClaimTemplate": ["spec": ["accessModes": ["ReadWriteOnce"]]]],
        ]
        #expect(
            faults(ValidObjects.pod.setting([template], at: "spec", "volumes")).first
                == "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value")
    }

    @Test("of a running pod little may change")
    func update() {
        let image = pod(container: container.setting("mysql:9", at: "image"))
        #expect(ObjectStoreTests.faults(updating: ValidObjects.pod, to: image, .pod) == [])
        let bound = ValidObjects.pod.setting("node-1", at: "spec", "nodeName")
        #expect(ObjectStoreTests.faults(updating: ValidObjects.pod, to: bound, .pod) == [])
        let restarting = ValidObjects.pod.setting("Never", at: "spec", "restartPolicy")
        #expect(
            ObjectStoreTests.faults(updating: ValidObjects.pod, to: restarting, .pod) == [
                "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
                    + "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
                    + "previously negative)\n- \trestartPolicy: \"Always\"\n+ \trestartPolicy: \"Never\"\n"
            ])
        let two = ValidObjects.pod.setting(
            [container, container.setting("b", at: "name")], at: "spec", "containers")
        #expect(
            ObjectStoreTests.faults(updating: ValidObjects.pod, to: two, .pod) == [
                "spec.containers: Forbidden: pod updates may not add or remove containers"
            ])
    }
}

@Suite("Rules for stateful sets")
struct StatefulSetRulesTests {
    private func faults(_ set: JSONValue) -> [String] { ObjectStoreTests.faults(creating: set, .statefulSet) }

    @Test("a right set has no fault; its claims' templates are volumes of its pods")
    func right() {
        #expect(faults(ValidObjects.statefulSet) == [])
    }

    @Test(
        "a wrong field is refused in Kubernetes' words",
        arguments: [
            ("selector", nil, ["spec.selector: Required value"]),
            (
                "selector", [:],
                ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"]
            ),
            (
                "selector", ["matchLabels": ["app": "other"]],
                [
                    "spec.template.metadata.labels: Invalid value: {\"app\":\"nginx\"}: `selector` does not match "
                        + "template `labels`"
                ]
            ),
            ("replicas", -1, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
            (
                "podManagementPolicy", "Random",
                ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"]
            ),
            (
                "updateStrategy", ["type": "Hope"],
                ["spec.updateStrategy: Invalid value: {\"type\":\"Hope\"}: must be 'RollingUpdate' or 'OnDelete'"]
            ),
            (
                "updateStrategy", ["type": "OnDelete", "rollingUpdate": ["partition": 1]],
                [
                    "spec.updateStrategy.rollingUpdate: Invalid value: {\"partition\":1}: only allowed for updateStrategy "
                        + "'RollingUpdate'"
                ]
            ),
            (
                "persistentVolumeClaimRetentionPolicy", ["whenDeleted": "Burn"],
                [
                    "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"Burn\": supported "
                        + "values: \"Delete\", \"Retain\""
                ]
            ),
        ] as [(String, JSONValue?, [String])])
    func wrongField(field: String, value: JSONValue?, expected: [String]) {
        #expect(faults(ValidObjects.statefulSet.setting(value, at: "spec", field)) == expected)
    }

    @Test("its pods always restart")
    func restartPolicy() {
        let set = ValidObjects.statefulSet.setting("Never", at: "spec", "template", "spec", "restartPolicy")
        #expect(
            faults(set) == [
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
            ])
    }

    @Test("its claims' templates and its service are immutable, replicas and template not")
    func immutable() {
        let old = ValidObjects.statefulSet
        #expect(ObjectStoreTests.faults(updating: old, to: old.setting(5, at: "spec", "replicas"), .statefulSet) == [])
        let relabelled = old.setting("x", at: "spec", "template", "metadata", "annotations", "a")
        #expect(ObjectStoreTests.faults(updating: old, to: relabelled, .statefulSet) == [])
        let message =
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            + "'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        #expect(
            ObjectStoreTests.faults(updating: old, to: old.setting("x", at: "spec", "serviceName"), .statefulSet) == [
                message
            ])
    }

    @Test("no count of its status is above its replicas")
    func status() {
        let status: JSONValue = ["replicas": 1, "readyReplicas": 2]
        #expect(
            ObjectStoreTests.faults(
                updating: ValidObjects.statefulSet, to: ValidObjects.statefulSet.setting(status, at: "status"),
                .statefulSet, subresource: "status") == [
                    "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"
                ])
    }
}
