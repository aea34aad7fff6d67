import JSONTree
import KubernetesAPI
import Testing

/// A list with keys may be stored with a key in it twice: Kubernetes checks some of them only, and a Pod with two equal
/// environment variables is legal.
@Suite("Lists that have a key twice")
struct RepeatedKeysTests {
    private static let lists: [(path: [String], once: JSONValue, twice: JSONValue)] = [
        (["metadata", "finalizers"], ["a/b"], ["a/b", "a/b"]),
        (
            ["spec", "containers"], [["name": "c", "image": "i"]],
            [["name": "c", "image": "i"], ["name": "c", "image": "j"]]
        ),
        (["spec", "tolerations"], [["key": "x"]], [["key": "x"], ["key": "x"]]),
    ]

    private static let pod: JSONValue = [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": ["name": "p", "namespace": "default", "uid": "6b1f", "resourceVersion": "7"],
        "spec": ["containers": [["name": "c", "image": "i"]]],
    ]

    private func patched(_ object: JSONValue, _ patch: Patch, by manager: String) throws -> JSONValue {
        try PatchApplication.apply(
            patch, to: object, kind: .pod, options: WriteOptions(fieldManager: manager), now: noon)
    }

    private func patched(_ object: JSONValue, setting value: JSONValue, at path: [String]) throws -> JSONValue {
        let pointer = JSONValue.string("/" + path.joined(separator: "/"))
        return try patched(object, .json([["op": "add", "path": pointer, "value": value]]), by: "editor")
    }

    private func fields(_ object: JSONValue, of manager: String) -> JSONValue? {
        object.at("metadata", "managedFields")?.arrayValue?.first { $0["manager"]?.stringValue == manager }?["fieldsV1"]
    }

    @Test("any write to such an object is possible, and leaves the list as it is", arguments: lists.indices)
    func tracked(index: Int) throws {
        let list = Self.lists[index]
        var object = try patched(Self.pod, setting: list.once, at: list.path)
        object = try patched(object, setting: list.twice, at: list.path)
        object = try patched(object, .merge(["metadata": ["labels": ["a": "b"]]]), by: "labeller")
        #expect(object.at(path: list.path) == list.twice)
        #expect(fields(object, of: "labeller") == ["f:metadata": ["f:labels": [".": [:], "f:a": [:]]]])
        object = try patched(object, setting: list.once, at: list.path)
        #expect(object.at(path: list.path) == list.once)
    }

    @Test("the elements of one key are owned together, without their members")
    func ownedAsOne() throws {
        let twice: JSONValue = [["name": "A", "value": "1"], ["name": "A", "value": "2"]]
        let object = try patched(
            Self.pod, .merge(["spec": ["containers": [["name": "c", "env": twice]]]]), by: "editor")
        let env = fields(object, of: "editor")?
            .at("f:spec", "f:containers", #"k:{"name":"c"}"#, "f:env", #"k:{"name":"A"}"#)
        #expect(env == [:])
    }

    @Test("changing one of them takes them all from their owner")
    func changingOne() throws {
        func containers(_ values: String...) -> Patch {
            let env = JSONValue.array(values.map { ["name": "A", "value": .string($0)] })
            return .merge(["spec": ["containers": [["name": "c", "image": "i", "env": env]]]])
        }
        var object = try patched(Self.pod, containers("1", "2"), by: "first")
        object = try patched(object, containers("1", "3"), by: "second")
        let path = ["f:spec", "f:containers", #"k:{"name":"c"}"#, "f:env", #"k:{"name":"A"}"#]
        #expect(fields(object, of: "first")?.at(path: path) == nil)
        #expect(fields(object, of: "second")?.at(path: path) == [:])
    }

    @Test("an apply leaves them alone, unless it lists their key: then there is one")
    func applied() throws {
        let twice: JSONValue = [["name": "A", "value": "1"], ["name": "A", "value": "2"]]
        let stored = try patched(
            Self.pod, .merge(["spec": ["containers": [["name": "c", "image": "i", "env": twice]]]]), by: "editor")
        func configuration(_ env: JSONValue) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "default"],
                "spec": ["containers": [["name": "c", "image": "i", "env": env]]],
            ]
        }
        func env(_ object: JSONValue) -> JSONValue? { object.at("spec", "containers")?.arrayValue?.first?["env"] }

        let other = try patched(
            stored, .apply(configuration([["name": "B", "value": "3"]]), force: true), by: "applier")
        #expect(env(other) == .array((twice.arrayValue ?? []) + [["name": "B", "value": "3"]]))
        let same = try patched(
            stored, .apply(configuration([["name": "A", "value": "3"]]), force: true), by: "applier")
        #expect(env(same) == [["name": "A", "value": "3"]])
        #expect(throws: StatusError.self, "a configuration must have each key once") {
            try patched(stored, .apply(configuration(twice), force: true), by: "applier")
        }
    }
}

extension JSONValue {
    fileprivate func at(path: [String]) -> JSONValue? {
        path.reduce(Optional(self)) { $0?[$1] }
    }
}
