import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for metadata")
struct MetadataRulesTests {
    private static let subdomainFault =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    private func faults(_ metadata: JSONValue, _ kind: ResourceKind = .configMap) -> [String] {
        ObjectStoreTests.faults(
            creating: ["metadata": metadata, "data": [:]], kind)
    }

    @Test("a right object has no fault", arguments: [ResourceKind.configMap, .event, .lease])
    func right(kind: ResourceKind) {
        #expect(
            Validation.validateCreate(
                kind, ["metadata": ["name": "a.b-c", "namespace": "n"], "involvedObject": ["namespace": "n"]]) == [])
    }

    @Test("a name is required, and has a form")
    func name() {
        #expect(faults(["namespace": "n"]) == ["metadata.name: Required value: name or generateName is required"])
        let causes = Validation.validateCreate(.configMap, ["metadata": ["name": "A_b", "namespace": "n"]])
        #expect(causes.map(\.reason) == ["FieldValueInvalid"])
        #expect(
            causes.first?.message
                == "Invalid value: \"A_b\": " + Self.subdomainFault)
    }

    @Test("the whole error reads as kubectl users know it")
    func wholeError() {
        let causes = Validation.validateCreate(
            .persistentVolumeClaim, ValidObjects.claim.setting("My_Claim", at: "metadata", "name"))
        #expect(
            StatusError.invalid(.persistentVolumeClaim, "My_Claim", causes).message
                == "PersistentVolumeClaim \"My_Claim\" is invalid: metadata.name: Invalid value: \"My_Claim\": "
                + Self.subdomainFault)
    }

    @Test("a prefix may end with a dash")
    func generateName() {
        #expect(faults(["generateName": "web-", "name": "web-x", "namespace": "n"]) == [])
        #expect(faults(["generateName": "-", "name": "x", "namespace": "n"]).count == 1)
    }

    @Test("the name of a namespace has no dots")
    func namespaceName() {
        #expect(
            faults(["name": "a.b"], .namespace) == [
                "metadata.name: Invalid value: \"a.b\": must not contain dots"
            ])
    }

    @Test("a kind that lives in a namespace needs one, another may have none")
    func namespace() {
        #expect(faults(["name": "a"]) == ["metadata.namespace: Required value"])
        #expect(
            faults(["name": "a", "namespace": "n"], .node) == [
                "metadata.namespace: Forbidden: not allowed on this type"
            ])
    }

    @Test("labels have a form, keys and values")
    func labels() {
        #expect(faults(["name": "a", "namespace": "n", "labels": ["x/y": "z", "a": ""]]) == [])
        #expect(
            faults(["name": "a", "namespace": "n", "labels": ["/y": "z"]]) == [
                "metadata.labels: Invalid value: \"/y\": prefix part must be non-empty"
            ])
        #expect(
            faults(["name": "a", "namespace": "n", "labels": ["y": .string(String(repeating: "z", count: 64))]]) == [
                "metadata.labels: Invalid value: \"\(String(repeating: "z", count: 64))\": must be no more than 63 "
                    + "characters"
            ])
    }

    @Test("annotations may be of any case, and 256 KiB together")
    func annotations() {
        #expect(faults(["name": "a", "namespace": "n", "annotations": ["Example.COM/Key": "any thing"]]) == [])
        let most = String(repeating: "x", count: MetadataRules.annotationsLimit - 1)
        #expect(faults(["name": "a", "namespace": "n", "annotations": ["k": .string(most)]]) == [])
        #expect(
            faults(["name": "a", "namespace": "n", "annotations": ["k": .string(most + "x")]]) == [
                "metadata.annotations: Too long: may not be more than 262144 bytes"
            ])
    }

    @Test("a finalizer is a qualified name, or one of Kubernetes' own")
    func finalizers() {
        #expect(faults(["name": "a", "namespace": "n", "finalizers": ["kubernetes.io/pvc-protection"]]) == [])
        #expect(faults(["name": "a", "namespace": "n", "finalizers": ["foregroundDeletion"]]) == [])
        #expect(
            faults(["name": "a", "namespace": "n", "finalizers": ["mine"]]) == [
                "metadata.finalizers[0]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it "
                    + "fully qualified"
            ])
        #expect(
            faults(["name": "a", "namespace": "n", "finalizers": ["orphan", "foregroundDeletion"]]) == [
                "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and "
                    + "foregroundDeletion cannot be both set"
            ])
    }

    @Test("an owner is named in full, and only one controls")
    func owners() {
        let owner = OwnerReference(
            apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u", isController: true)
        #expect(faults(["name": "a", "namespace": "n", "ownerReferences": [owner.json]]) == [])
        #expect(
            faults(["name": "a", "namespace": "n", "ownerReferences": [owner.json.setting(nil, at: "uid")]]) == [
                "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty"
            ])
        let two = faults(["name": "a", "namespace": "n", "ownerReferences": [owner.json, owner.json]])
        #expect(two.count == 1)
        #expect(
            two.first?.hasSuffix(
                "Only one reference can have Controller set to true. Found \"true\" in references for StatefulSet/web and "
                    + "StatefulSet/web") == true)
    }

    @Test("what the system gave cannot be changed, but be left out")
    func systemFields() {
        let old: JSONValue = ["metadata": ["name": "a", "namespace": "n", "uid": "1"]]
        let new = old.setting("2", at: "metadata", "uid")
        #expect(
            ObjectStoreTests.faults(updating: old, to: new, .configMap) == [
                "metadata.uid: Invalid value: \"2\": field is immutable"
            ])
        #expect(
            ObjectStoreTests.faults(updating: old, to: old.setting(nil, at: "metadata", "uid"), .configMap) == [])
    }

    @Test("an object that is being deleted takes no new finalizer")
    func finalizerOfDeleted() {
        let old: JSONValue = [
            "metadata": [
                "name": "a", "namespace": "n", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x/a"],
            ]
        ]
        #expect(
            ObjectStoreTests.faults(
                updating: old, to: old.setting(["x/a", "x/b"], at: "metadata", "finalizers"), .configMap) == [
                    "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found "
                        + "new finalizers []string{\"x/b\"}"
                ])
        #expect(
            ObjectStoreTests.faults(
                updating: old, to: old.setting(nil, at: "metadata", "finalizers"), .configMap) == [])
    }
}
