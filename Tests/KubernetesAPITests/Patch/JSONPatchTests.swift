import JSONTree
import KubernetesAPI
import Testing

@Suite("JSON patch")
struct JSONPatchTests {
    private func patched(_ operations: String, _ object: JSONValue? = nil) throws -> JSONValue {
        try PatchApplication.apply(
            .json(try json(operations)), to: try object ?? storedClaim(), kind: .persistentVolumeClaim,
            options: WriteOptions(fieldValidation: .strict), now: noon)
    }

    private func error(_ operations: String) throws -> StatusError? {
        #expect(throws: StatusError.self) { try patched(operations) }
    }

    @Test("add sets a member, or inserts into an array")
    func add() throws {
        let result = try patched(
            """
            [{"op": "add", "path": "/metadata/labels/tier", "value": "back"},
             {"op": "add", "path": "/spec/accessModes/0", "value": "ReadOnlyMany"},
             {"op": "add", "path": "/spec/accessModes/-", "value": "ReadWriteMany"}]
            """)
        #expect(result.at("metadata", "labels") == ["app": "db", "tier": "back"])
        #expect(result.at("spec", "accessModes") == ["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany"])
    }

    @Test("remove and replace change what is there")
    func removeAndReplace() throws {
        let result = try patched(
            """
            [{"op": "remove", "path": "/metadata/labels/app"},
             {"op": "replace", "path": "/spec/resources/requests/storage", "value": "16Gi"}]
            """)
        #expect(result.at("metadata", "labels") == [:])
        #expect(result.at("spec", "resources", "requests", "storage") == "16Gi")
    }

    @Test("move and copy take a value to another place")
    func moveAndCopy() throws {
        let result = try patched(
            """
            [{"op": "copy", "from": "/metadata/labels", "path": "/metadata/annotations"},
             {"op": "move", "from": "/metadata/labels/app", "path": "/metadata/labels/name"}]
            """)
        #expect(result.at("metadata", "annotations") == ["app": "db"])
        #expect(result.at("metadata", "labels") == ["name": "db"])
    }

    @Test("~1 and ~0 in a path are a slash and a tilde")
    func escapes() throws {
        let result = try patched(
            #"[{"op": "add", "path": "/metadata/labels/example.com~1a~0b", "value": "x"}]"#)
        #expect(result.at("metadata", "labels", "example.com/a~b") == "x")
    }

    @Test("a test that holds lets the patch go on, numbers being equal whatever their notation")
    func testHolds() throws {
        let result = try patched(
            """
            [{"op": "test", "path": "/spec/storageClassName", "value": "fast"},
             {"op": "replace", "path": "/spec/storageClassName", "value": "slow"}]
            """)
        #expect(result.at("spec", "storageClassName") == "slow")
    }

    @Test("a test that fails is 422 and says which operation it was")
    func testFails() throws {
        let error = try error(
            """
            [{"op": "add", "path": "/metadata/labels/a", "value": "b"},
             {"op": "test", "path": "/spec/storageClassName", "value": "slow"}]
            """)
        #expect(error?.code == 422)
        #expect(error?.reason == .invalid)
        #expect(error?.message.contains("operation 1 (test /spec/storageClassName)") == true)
    }

    @Test(
        "an operation on what is not there is 422",
        arguments: [
            #"[{"op": "remove", "path": "/metadata/labels/none"}]"#,
            #"[{"op": "replace", "path": "/metadata/labels/none", "value": 1}]"#,
            #"[{"op": "add", "path": "/nothing/here", "value": 1}]"#,
            #"[{"op": "add", "path": "/spec/accessModes/5", "value": "x"}]"#,
            #"[{"op": "replace", "path": "/spec/accessModes/01", "value": "x"}]"#,
            #"[{"op": "move", "from": "/spec", "path": "/spec/resources/x"}]"#,
            #"[{"op": "remove", "path": ""}]"#,
        ])
    func missingPlaces(operations: String) throws {
        #expect(try error(operations)?.code == 422)
    }

    @Test(
        "what is no JSON patch is 400",
        arguments: [
            #"{"op": "add"}"#, #"[{"path": "/a"}]"#, #"[{"op": "increment", "path": "/a"}]"#,
            #"[{"op": "add", "path": "/a"}]"#, #"[{"op": "add", "path": "a", "value": 1}]"#,
            #"[{"op": "copy", "path": "/a"}]"#,
        ])
    func malformed(operations: String) throws {
        #expect(try error(operations)?.code == 400)
    }

    @Test("copies that double the document again and again are refused")
    func copiesAreBounded() throws {
        let doubling = (0..<40).map {
            #"{"op": "copy", "from": "/metadata/labels", "path": "/metadata/labels/a\#($0)"}"#
        }
        let error = try error("[\(doubling.joined(separator: ","))]")
        #expect(error?.code == 413)
        #expect(error?.message.contains("): the copies") == true, "\(String(describing: error))")
    }

    @Test("copies of one long string are refused by their bytes")
    func copiedBytesAreBounded() throws {
        let long = String(repeating: "x", count: 100_000)
        let copies = (0..<20).map {
            #"{"op": "copy", "from": "/metadata/labels/app", "path": "/metadata/labels/a\#($0)"}"#
        }
        let error = try error(
            #"[{"op": "replace", "path": "/metadata/labels/app", "value": "\#(long)"}, \#(copies.joined(separator: ","))]"#
        )
        #expect(error?.code == 413)
        #expect(
            error?.message
                == "the JSON patch cannot be applied: operation 16 (copy /metadata/labels/app to /metadata/labels/a15): "
                + "the copies add more than 1572864 bytes")
    }

    @Test("more than 10,000 operations are 413")
    func tooManyOperations() throws {
        let operations = Array(repeating: #"{"op": "test", "path": "/kind", "value": "x"}"#, count: 10_001)
        #expect(try error("[\(operations.joined(separator: ","))]")?.code == 413)
    }

    @Test("the result must still be of its kind")
    func typesAreChecked() throws {
        let error = try error(#"[{"op": "replace", "path": "/spec/storageClassName", "value": 5}]"#)
        #expect(error?.code == 422)
        #expect(
            error?.message
                == "PersistentVolumeClaim \"data\" is invalid: patch: Invalid value: json: cannot unmarshal number into "
                + "Go struct field PersistentVolumeClaimSpec.spec.storageClassName of type string")
    }

    @Test("the whole object cannot become something else")
    func wholeDocument() throws {
        #expect(try error(#"[{"op": "replace", "path": "", "value": 5}]"#)?.code == 400)
        #expect(try error(#"[{"op": "replace", "path": "/kind", "value": "Pod"}]"#)?.code == 400)
    }
}
