import JSONTree
import KubernetesAPI
import Testing

@Suite("Merge patch")
struct MergePatchTests {
    private func patched(
        _ patch: String, validation: FieldValidation = .strict, _ object: JSONValue? = nil
    ) throws -> PatchApplication.Patched {
        try PatchApplication.patched(
            try object ?? storedClaim(), .merge(try json(patch)), kind: .persistentVolumeClaim,
            options: WriteOptions(fieldValidation: validation), now: noon)
    }

    @Test("members replace, null removes, arrays are replaced whole")
    func merges() throws {
        let result = try patched(
            """
            {"metadata": {"labels": {"app": null, "tier": "back"}, "finalizers": ["a/b"]},
             "spec": {"resources": {"requests": {"storage": "16Gi"}}}}
            """
        ).object
        #expect(result.at("metadata", "labels") == ["tier": "back"])
        #expect(result.at("metadata", "finalizers") == ["a/b"])
        #expect(result.at("spec", "resources", "requests") == ["storage": "16Gi"])
        #expect(result.at("spec", "storageClassName") == "fast")
    }

    @Test("the same patch twice gives the same object")
    func twice() throws {
        let patch = #"{"metadata": {"annotations": {"a": "1", "b": null}}}"#
        let once = try patched(patch).object
        #expect(try patched(patch, once).object == once)
    }

    @Test("nulls in a new object are dropped")
    func nullsInNewObjects() throws {
        let result = try patched(#"{"metadata": {"annotations": {"a": null, "b": "1"}}}"#).object
        #expect(result.at("metadata", "annotations") == ["b": "1"])
    }

    @Test("a hundred thousand members are removed in a moment, by either kind of merge")
    func manyRemovals() throws {
        var data = JSONObject()
        var removals = JSONObject()
        for number in 0..<100_000 {
            data["k\(number)"] = "v"
            removals["k\(number)"] = .null
        }
        let map: JSONValue = ["metadata": ["name": "m"], "data": .object(data)]
        let patch: JSONValue = ["data": .object(removals)]
        for patch in [Patch.merge(patch), .strategicMerge(patch)] {
            let result = try PatchApplication.apply(
                patch, to: map, kind: .configMap, options: WriteOptions(), now: noon)
            #expect(result["data"] == [:])
        }
    }

    @Test("an unknown field is refused, told or dropped, as the writer asks")
    func unknownFields() throws {
        let patch = #"{"spec": {"size": "8Gi"}}"#
        let error = #expect(throws: StatusError.self) { try patched(patch) }
        #expect(error?.code == 422)
        #expect(error?.message.hasSuffix("strict decoding error: unknown field \"spec.size\"") == true)
        let warned = try patched(patch, validation: .warn)
        #expect(warned.warnings == ["unknown field \"spec.size\""])
        #expect(warned.object.at("spec", "size") == nil)
        #expect(try patched(patch, validation: .ignore).warnings.isEmpty)
    }

    @Test("a patch that is no object is 400")
    func noObject() throws {
        let error = #expect(throws: StatusError.self) { try patched("[1]") }
        #expect(error?.code == 400)
    }

    @Test("a patch of nothing is 404")
    func nothing() throws {
        let error = #expect(throws: StatusError.self) {
            try PatchApplication.apply(
                .merge([:]), to: nil, kind: .secret, options: WriteOptions(), now: noon)
        }
        #expect(error?.code == 404)
    }
}
