import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for secrets")
struct SecretRulesTests {
    private func faults(_ secret: JSONValue) -> [String] { ObjectStoreTests.faults(creating: secret, .secret) }

    @Test(
        "a type asks for its keys",
        arguments: [
            ("Opaque", [:], []),
            ("example.com/own", [:], []),
            ("kubernetes.io/tls", [:], ["data[tls.crt]: Required value", "data[tls.key]: Required value"]),
            ("kubernetes.io/tls", ["tls.crt": "", "tls.key": ""], []),
            (
                "kubernetes.io/basic-auth", [:],
                ["data[username]: Required value", "data[password]: Required value"]
            ),
            ("kubernetes.io/basic-auth", ["username": "YQ=="], []),
            ("kubernetes.io/ssh-auth", [:], ["data[ssh-privatekey]: Required value"]),
            ("kubernetes.io/dockerconfigjson", [:], ["data[.dockerconfigjson]: Required value"]),
            ("kubernetes.io/dockerconfigjson", [".dockerconfigjson": "e30="], []),
            (
                "kubernetes.io/dockerconfigjson", [".dockerconfigjson": "aHVudGVyMg=="],
                [
                    "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": must be a JSON object"
                ]
            ),
            (
                "kubernetes.io/service-account-token", [:],
                ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]
            ),
        ] as [(JSONValue, JSONValue, [String])])
    func types(type: JSONValue, data: JSONValue, expected: [String]) {
        #expect(faults(ValidObjects.secret.setting(type, at: "type").setting(data, at: "data")) == expected)
    }

    @Test("a key has the form of a file's name")
    func keys() {
        #expect(
            faults(ValidObjects.secret.setting(["a/b": ""], at: "data")) == [
                "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' "
                    + "or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
                    + "'[-._a-zA-Z0-9]+')"
            ])
    }

    @Test("its values are 1 MiB together, as they are and not as they are encoded")
    func size() {
        let most = Base64.encode([UInt8](repeating: 0, count: 1 << 20))
        let more = Base64.encode([UInt8](repeating: 0, count: 1 << 20 + 1))
        #expect(faults(ValidObjects.secret.setting(["k": .string(most)], at: "data")) == [])
        #expect(
            faults(ValidObjects.secret.setting(["k": .string(more)], at: "data")) == [
                "data: Too long: may not be more than 1048576 bytes"
            ])
    }

    @Test("the type is immutable, and so is everything once it is said")
    func immutable() {
        #expect(
            ObjectStoreTests.faults(
                updating: ValidObjects.secret, to: ValidObjects.secret.setting("a/b", at: "type"), .secret) == [
                    "type: Invalid value: \"a/b\": field is immutable"
                ])
        let frozen = ValidObjects.secret.setting(true, at: "immutable")
        #expect(
            ObjectStoreTests.faults(updating: frozen, to: frozen.setting(["k": ""], at: "data"), .secret) == [
                "data: Forbidden: field is immutable when `immutable` is set"
            ])
        #expect(
            ObjectStoreTests.faults(updating: frozen, to: frozen.setting(false, at: "immutable"), .secret) == [
                "immutable: Forbidden: field is immutable when `immutable` is set"
            ])
        #expect(ObjectStoreTests.faults(updating: ValidObjects.secret, to: frozen, .secret) == [])
    }

    @Test("no fault shows a value")
    func redaction() {
        let wrong = ValidObjects.secret.setting("kubernetes.io/dockercfg", at: "type")
            .setting([".dockercfg": "aHVudGVyMg==", "a/b": "aHVudGVyMg=="], at: "data")
        let text = faults(wrong).joined()
        #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
    }
}

@Suite("Rules for config maps")
struct ConfigMapRulesTests {
    @Test("a key stands in one of the two maps")
    func duplicate() {
        #expect(faults(creating: ValidObjects.configMap, .configMap) == [])
        #expect(
            faults(creating: ValidObjects.configMap.setting(["key": ""], at: "binaryData"), .configMap) == [
                "data[key]: Invalid value: \"key\": duplicate of key present in binaryData"
            ])
    }

    @Test("its values are 1 MiB together")
    func size() {
        let large = ValidObjects.configMap.setting(
            ["k": .string(String(repeating: "x", count: 1 << 20 + 1))], at: "data")
        #expect(
            faults(creating: large, .configMap) == ["[]: Too long: may not be more than 1048576 bytes"])
    }

    @Test("an immutable one stays as it is")
    func immutable() {
        let frozen = ValidObjects.configMap.setting(true, at: "immutable")
        #expect(
            faults(updating: frozen, to: frozen.setting(["key": "other"], at: "data"), .configMap) == [
                "data: Forbidden: field is immutable when `immutable` is set"
            ])
        #expect(faults(updating: frozen, to: frozen.setting(["a": "b"], at: "metadata", "labels"), .configMap) == [])
    }
}

@Suite("Rules for events, leases and nodes")
struct SmallKindsRulesTests {
    @Test("an event lies where its object lies")
    func eventNamespace() {
        let event = Event(
            about: ObjectReference(kind: "Pod", apiVersion: "v1", namespace: "n", name: "p"), .normal, reason: "R",
            message: "m", component: "c", at: Timestamp(seconds: 1))
        #expect(faults(creating: event.json, .event) == [])
        #expect(
            faults(creating: event.json.setting("other", at: "metadata", "namespace"), .event) == [
                "involvedObject.namespace: Invalid value: \"n\": does not match event.namespace"
            ])
        let ofVolume = Event(
            about: ObjectReference(kind: "PersistentVolume", apiVersion: "v1", namespace: nil, name: "p"), .normal,
            reason: "R", message: "m", component: "c", at: Timestamp(seconds: 1))
        #expect(faults(creating: ofVolume.json, .event) == [])
    }

    @Test("an event of the new form is complete")
    func newEvent() {
        let event: JSONValue = [
            "metadata": ["name": "e", "namespace": "n"], "involvedObject": ["namespace": "n"],
            "eventTime": "2026-01-01T00:00:00.000000Z", "reportingComponent": "c", "reportingInstance": "i",
            "action": "A", "reason": "R",
        ]
        #expect(faults(creating: event, .event) == [])
        #expect(
            faults(creating: event.setting(nil, at: "action").setting(nil, at: "reportingComponent"), .event) == [
                "reportingController: Required value", "action: Required value",
            ])
    }

    @Test("a lease lasts some time")
    func lease() {
        let lease: JSONValue = ["metadata": ["name": "l", "namespace": "n"], "spec": ["leaseDurationSeconds": 15]]
        #expect(faults(creating: lease, .lease) == [])
        #expect(
            faults(creating: lease.setting(0, at: "spec", "leaseDurationSeconds"), .lease) == [
                "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"
            ])
        #expect(
            faults(creating: lease.setting(-1, at: "spec", "leaseTransitions"), .lease) == [
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"
            ])
    }

    @Test("a node's taints are told apart by key and effect")
    func taints() {
        let taint: JSONValue = ["key": "a", "value": "b", "effect": "NoSchedule"]
        let node: JSONValue = ["metadata": ["name": "n1"], "spec": ["taints": [taint]]]
        #expect(faults(creating: node, .node) == [])
        #expect(
            faults(creating: node.setting([taint, taint], at: "spec", "taints"), .node) == [
                "spec.taints[1]: Duplicate value: {\"key\":\"a\",\"value\":\"b\",\"effect\":\"NoSchedule\"}"
            ])
        #expect(
            faults(creating: node.setting([taint.setting("Go", at: "effect")], at: "spec", "taints"), .node) == [
                "spec.taints[0].effect: Unsupported value: \"Go\": supported values: \"NoSchedule\", "
                    + "\"PreferNoSchedule\", \"NoExecute\""
            ])
    }
}
