import JSONTree
import KubernetesAPI
import Testing

@Suite("Managed fields")
struct FieldManagementTests {
    private func tracked(
        _ before: JSONValue?, _ after: JSONValue, by manager: String, kind: ResourceKind = .persistentVolumeClaim,
        subresource: String? = nil, at now: Timestamp = noon
    ) -> JSONValue {
        FieldManagement.track(
            before: before, after: after, kind: kind, manager: manager, subresource: subresource, now: now)
    }

    private func fields(_ object: JSONValue, of manager: String) -> JSONValue? {
        object.at("metadata", "managedFields")?.arrayValue?.first { $0["manager"]?.stringValue == manager }?["fieldsV1"]
    }

    @Test("a create owns all it sets, but not what the server sets")
    func create() throws {
        let object = tracked(nil, try storedClaim(), by: "kubectl-create")
        #expect(
            object.at("metadata", "managedFields")
                == [
                    [
                        "manager": "kubectl-create", "operation": "Update", "apiVersion": "v1",
                        "time": .string(noon.description), "fieldsType": "FieldsV1",
                        "fieldsV1": [
                            "f:metadata": [
                                "f:finalizers": [".": [:], #"v:"kubernetes.io/pvc-protection""#: [:]],
                                "f:labels": [".": [:], "f:app": [:]],
                            ],
                            "f:spec": [
                                "f:accessModes": [:],
                                "f:resources": ["f:requests": [".": [:], "f:storage": [:]]],
                                "f:storageClassName": [:], "f:volumeMode": [:],
                            ],
                        ],
                    ]
                ])
    }

    @Test("an update owns what it changes, and takes it from the one before")
    func update() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        var changed = created
        changed.set("16Gi", at: "spec", "resources", "requests", "storage")
        let object = tracked(created, changed, by: "second", at: later)
        #expect(
            fields(object, of: "second") == ["f:spec": ["f:resources": ["f:requests": ["f:storage": [:]]]]])
        #expect(fields(object, of: "first")?.at("f:spec", "f:resources", "f:requests") == [:])
        #expect(object.at("metadata", "managedFields")?.arrayValue?.last?["time"] == .string(later.description))
    }

    @Test("an update that changes nothing records nothing")
    func noChange() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        #expect(tracked(created, created, by: "second", at: later) == created)
        #expect(tracked(created, created, by: "first", at: later) == created)
    }

    @Test("a removed field belongs to nobody")
    func removal() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        var changed = created
        changed.set(nil, at: "metadata", "labels")
        let object = tracked(created, changed, by: "second")
        #expect(fields(object, of: "first")?.at("f:metadata", "f:labels") == nil)
        #expect(fields(object, of: "second") == nil)
    }

    @Test("a client that sends no managedFields loses none")
    func absentManagedFields() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        let object = tracked(created, try storedClaim(), by: "second")
        #expect(object == created)
    }

    @Test("[{}] drops all entries")
    func reset() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        var changed = created
        changed.set([[:]], at: "metadata", "managedFields")
        #expect(tracked(created, changed, by: "second").at("metadata", "managedFields") == nil)
    }

    @Test("entries that a client sends are taken as they are")
    func sentEntries() throws {
        let created = tracked(nil, try storedClaim(), by: "kubectl-client-side-apply")
        var changed = created
        let entry = try #require(created.at("metadata", "managedFields")?.arrayValue?.first)
        var taken = entry
        taken["manager"] = "kubectl"
        taken["operation"] = "Apply"
        changed.set([taken], at: "metadata", "managedFields")
        #expect(tracked(created, changed, by: "x").at("metadata", "managedFields") == [taken])
        changed.set([["manager": "broken"]], at: "metadata", "managedFields")
        #expect(tracked(created, changed, by: "x").at("metadata", "managedFields") == [entry])
    }

    @Test("keys in sent entries are brought into the form of our own")
    func foreignKeys() throws {
        let pod = try json(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "managedFields": [
               {"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1":
                {"f:spec": {"f:containers": {"k:{ \\"name\\" : \\"a\\" }": {".": {}}}}}}]},
             "spec": {"containers": [{"name": "a"}]}}
            """)
        let object = tracked(pod, pod, by: "x", kind: .pod)
        #expect(
            fields(object, of: "m")?.at("f:spec", "f:containers") == [#"k:{"name":"a"}"#: [:]])
    }

    @Test("a status write is recorded apart, with its subresource")
    func status() throws {
        let created = tracked(nil, try storedClaim(), by: "first")
        var changed = created
        changed.set("Bound", at: "status", "phase")
        let object = tracked(created, changed, by: "first", subresource: "status", at: later)
        let entry = object.at("metadata", "managedFields")?.arrayValue?.last
        #expect(entry?["subresource"] == "status")
        #expect(entry?["fieldsV1"] == ["f:status": ["f:phase": [:]]])
        #expect(object.at("metadata", "managedFields")?.arrayValue?.count == 2)
    }

    @Test("more than ten updaters are joined, the oldest first")
    func manyUpdaters() throws {
        var object = try storedClaim()
        for number in 0..<15 {
            var changed = object
            changed.set(.string("\(number)"), at: "metadata", "labels", "l\(number)")
            object = tracked(
                object, changed, by: "m\(number)", at: Timestamp(seconds: noon.seconds + Int64(number)))
        }
        let entries = try #require(object.at("metadata", "managedFields")?.arrayValue)
        #expect(entries.count == 10)
        #expect(fields(object, of: "ancient-changes")?.at("f:metadata", "f:labels", "f:l0") == [:])
        #expect(fields(object, of: "m14") != nil)
    }

    @Test("a patch with a manager is recorded as an update")
    func patches() throws {
        let object = try PatchApplication.apply(
            .merge(["metadata": ["labels": ["z": "1"]]]), to: try storedClaim(), kind: .persistentVolumeClaim,
            options: WriteOptions(fieldManager: "kubectl-label"), now: noon)
        #expect(fields(object, of: "kubectl-label") == ["f:metadata": ["f:labels": ["f:z": [:]]]])
        let untracked = try PatchApplication.apply(
            .merge(["metadata": ["labels": ["z": "1"]]]), to: try storedClaim(), kind: .persistentVolumeClaim,
            options: WriteOptions(), now: noon)
        #expect(untracked.at("metadata", "managedFields") == nil)
    }

    @Test("without a fieldManager the writer is the program of the User-Agent")
    func defaultManager() {
        #expect(FieldManagement.defaultManager(userAgent: "kubectl/v1.32.4 (linux/amd64)") == "kubectl")
        #expect(FieldManagement.defaultManager(userAgent: "curl") == "curl")
        #expect(FieldManagement.defaultManager(userAgent: nil) == "unknown")
    }
}
