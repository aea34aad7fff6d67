import JSONTree
import KubernetesAPI
import Testing

@Suite("Strategic merge patch")
struct StrategicMergePatchTests {
    private func patched(
        _ patch: String, _ object: String, kind: ResourceKind = .pod, validation: FieldValidation = .strict
    ) throws -> JSONValue {
        var stored = try json(object)
        stored["apiVersion"] = .string(kind.apiVersion)
        stored["kind"] = .string(kind.kind)
        return try PatchApplication.apply(
            .strategicMerge(try json(patch)), to: stored, kind: kind,
            options: WriteOptions(fieldValidation: validation), now: noon)
    }

    private static let pod = """
        {"metadata": {"name": "mypod"}, "spec": {
          "containers": [
            {"name": "db", "image": "mysql:5", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
             "ports": [{"containerPort": 3306}], "volumeMounts": [{"mountPath": "/var/lib/mysql", "name": "data"}]},
            {"name": "log", "image": "busybox"}],
          "tolerations": [{"key": "a"}],
          "volumes": [{"name": "data", "emptyDir": {}}]}}
        """

    @Test("elements are merged by their key, new ones are appended")
    func mergesByKey() throws {
        let result = try patched(
            """
            {"spec": {"containers": [
              {"name": "db", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]},
              {"name": "proxy", "image": "envoy"}]}}
            """, Self.pod)
        let containers = try #require(result.at("spec", "containers")?.arrayValue)
        #expect(Set(containers.compactMap { $0["name"]?.stringValue }) == ["db", "log", "proxy"])
        let db = try #require(containers.first { $0["name"] == "db" })
        #expect(db["image"] == "mysql:5")
        #expect(
            db["env"]?.arrayValue.map { Set($0) }
                == [
                    ["name": "A", "value": "1"], ["name": "B", "value": "3"], ["name": "C", "value": "4"],
                ])
    }

    @Test("a list without a merge key is replaced")
    func atomicLists() throws {
        let result = try patched(#"{"spec": {"tolerations": [{"key": "b"}]}}"#, Self.pod)
        #expect(result.at("spec", "tolerations") == [["key": "b"]])
    }

    @Test("$patch: delete removes an element, and an element that is gone already is no error")
    func deletesElements() throws {
        let patch = #"{"spec": {"containers": [{"$patch": "delete", "name": "log"}]}}"#
        let once = try patched(patch, Self.pod)
        #expect(once.at("spec", "containers")?.arrayValue?.map { $0["name"] } == ["db"])
        #expect(try patched(patch, String(decoding: once.encoded, as: UTF8.self)) == once)
    }

    @Test("$patch: replace in an element replaces the list")
    func replacesLists() throws {
        let result = try patched(
            #"{"spec": {"containers": [{"name": "only", "image": "x"}, {"$patch": "replace"}]}}"#, Self.pod)
        #expect(result.at("spec", "containers") == [["name": "only", "image": "x"]])
    }

    @Test("$patch: replace in an object replaces the object, $patch: delete empties it")
    func replacesObjects() throws {
        let labelled = #"{"metadata": {"name": "s", "labels": {"a": "1", "b": "2"}}}"#
        let replaced = try patched(
            #"{"metadata": {"labels": {"$patch": "replace", "c": "3"}}}"#, labelled, kind: .secret)
        #expect(replaced.at("metadata", "labels") == ["c": "3"])
        let deleted = try patched(#"{"metadata": {"labels": {"$patch": "delete"}}}"#, labelled, kind: .secret)
        #expect(deleted.at("metadata", "labels") == [:])
    }

    @Test("$retainKeys drops the members that it does not list: one volume source replaces another")
    func retainKeys() throws {
        let result = try patched(
            """
            {"spec": {"volumes": [
              {"$retainKeys": ["name", "hostPath"], "name": "data", "hostPath": {"path": "/srv"}}]}}
            """, Self.pod)
        #expect(result.at("spec", "volumes") == [["name": "data", "hostPath": ["path": "/srv"]]])
    }

    @Test("a patch that sets what $retainKeys does not list is 400")
    func retainKeysContradiction() throws {
        let error = #expect(throws: StatusError.self) {
            try patched(
                #"{"spec": {"volumes": [{"$retainKeys": ["name"], "name": "data", "emptyDir": {}}]}}"#, Self.pod)
        }
        #expect(error?.code == 400)
    }

    @Test("$setElementOrder orders the list, and what it does not name keeps its place between")
    func setElementOrder() throws {
        let result = try patched(
            """
            {"spec": {"$setElementOrder/containers": [{"name": "log"}, {"name": "new"}, {"name": "db"}],
                      "containers": [{"name": "new", "image": "x"}]}}
            """, Self.pod)
        #expect(result.at("spec", "containers")?.arrayValue?.map { $0["name"] } == ["log", "new", "db"])
    }

    @Test("$setElementOrder alone reorders what is there")
    func setElementOrderAlone() throws {
        let result = try patched(
            #"{"spec": {"$setElementOrder/containers": [{"name": "log"}, {"name": "db"}]}}"#, Self.pod)
        #expect(result.at("spec", "containers")?.arrayValue?.map { $0["name"] } == ["log", "db"])
    }

    @Test("elements that only the server has stay where they stood")
    func serverOnlyElements() throws {
        let result = try patched(
            #"{"metadata": {"$setElementOrder/finalizers": ["a/1", "a/3"], "finalizers": ["a/3"]}}"#,
            #"{"metadata": {"name": "s", "finalizers": ["a/1", "a/2"]}}"#, kind: .secret)
        #expect(result.at("metadata", "finalizers") == ["a/1", "a/3", "a/2"])
    }

    @Test("scalars of a merged list are added once, and removed by $deleteFromPrimitiveList")
    func primitiveLists() throws {
        let object = #"{"metadata": {"name": "s", "finalizers": ["a/1", "a/2"]}}"#
        let added = try patched(#"{"metadata": {"finalizers": ["a/2", "a/3"]}}"#, object, kind: .secret)
        #expect(added.at("metadata", "finalizers")?.arrayValue.map { Set($0) } == ["a/1", "a/2", "a/3"])
        let removed = try patched(
            #"{"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/1", "a/9"]}}"#, object, kind: .secret)
        #expect(removed.at("metadata", "finalizers") == ["a/2"])
    }

    @Test("null removes a field, and owner references merge by uid")
    func nullsAndOwners() throws {
        let result = try patched(
            """
            {"metadata": {"labels": null, "ownerReferences": [
              {"uid": "2", "apiVersion": "v1", "kind": "Pod", "name": "b"}]}}
            """,
            """
            {"metadata": {"name": "s", "labels": {"a": "1"}, "ownerReferences": [
              {"uid": "1", "apiVersion": "v1", "kind": "Pod", "name": "a"}]}}
            """, kind: .secret)
        #expect(result.at("metadata", "labels") == nil)
        #expect(result.at("metadata", "ownerReferences")?.arrayValue?.count == 2)
    }

    @Test("conditions merge by type")
    func conditions() throws {
        let result = try patched(
            #"{"status": {"conditions": [{"type": "Resizing", "status": "False"}]}}"#,
            """
            {"metadata": {"name": "data"}, "status": {"conditions": [
              {"type": "Resizing", "status": "True", "reason": "x"}, {"type": "Other", "status": "True"}]}}
            """, kind: .persistentVolumeClaim)
        let conditions = try #require(result.at("status", "conditions")?.arrayValue)
        #expect(conditions.contains(["type": "Resizing", "status": "False", "reason": "x"]))
        #expect(conditions.count == 2)
    }

    @Test(
        "what does not fit is 400 and names the place",
        arguments: [
            #"{"spec": {"containers": [{"image": "x"}]}}"#, #"{"spec": {"containers": ["x"]}}"#,
            #"{"spec": {"$patch": "explode"}}"#, #"{"spec": {"containers": [{"name": "db", "$patch": "explode"}]}}"#,
            #"{"spec": {"$unknown/containers": []}}"#,
        ])
    func malformed(patch: String) throws {
        let error = #expect(throws: StatusError.self) { try patched(patch, Self.pod) }
        #expect(error?.code == 400)
        #expect(error?.message.contains(".spec") == true)
    }

    @Test("a list of 20,000 elements is merged in a moment")
    func largeLists() throws {
        let elements = (0..<20_000).map { #"{"name": "V\#($0)", "value": "1"}"# }.joined(separator: ",")
        let result = try patched(
            #"{"spec": {"containers": [{"name": "db", "env": [\#(elements)]}]}}"#, Self.pod)
        #expect(result.at("spec", "containers")?.arrayValue?.first?["env"]?.arrayValue?.count == 20_002)
    }
}
