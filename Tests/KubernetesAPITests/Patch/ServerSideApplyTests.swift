import JSONTree
import KubernetesAPI
import Testing

@Suite("Server-side apply")
struct ServerSideApplyTests {
    private static let claim = """
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
         "metadata": {"name": "data", "namespace": "default", "labels": {"app": "db"}},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}}
        """

    private func applied(
        _ configuration: String, to current: JSONValue?, by manager: String,
        kind: ResourceKind = .persistentVolumeClaim,
        force: Bool = false, subresource: String? = nil, at now: Timestamp = noon
    ) throws -> JSONValue {
        try PatchApplication.apply(
            .apply(try json(configuration), force: force), to: current, kind: kind,
            options: WriteOptions(fieldManager: manager, subresource: subresource), now: now)
    }

    private func secret(_ data: String) -> String {
        #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "stringData": \#(data)}"#
    }

    private func managers(_ object: JSONValue) -> [String] {
        (object.at("metadata", "managedFields")?.arrayValue ?? []).map {
            "\($0["manager"]?.stringValue ?? "") \($0["operation"]?.stringValue ?? "")"
        }
    }

    private func fields(_ object: JSONValue, of manager: String) -> JSONValue? {
        object.at("metadata", "managedFields")?.arrayValue?.first { $0["manager"]?.stringValue == manager }?["fieldsV1"]
    }

    @Test("an apply to nothing makes the object, and owns what it says")
    func creates() throws {
        let object = try applied(Self.claim, to: nil, by: "kubectl")
        #expect(object.at("spec", "resources", "requests", "storage") == "8Gi")
        #expect(
            object.at("metadata", "managedFields")
                == [
                    [
                        "manager": "kubectl", "operation": "Apply", "apiVersion": "v1",
                        "time": .string(noon.description), "fieldsType": "FieldsV1",
                        "fieldsV1": [
                            "f:metadata": ["f:labels": ["f:app": [:]]],
                            "f:spec": [
                                "f:accessModes": [:], "f:resources": ["f:requests": ["f:storage": [:]]],
                            ],
                        ],
                    ]
                ])
    }

    @Test("the same apply twice changes nothing, not even a time")
    func idempotent() throws {
        let once = try applied(Self.claim, to: nil, by: "kubectl")
        #expect(try applied(Self.claim, to: once, by: "kubectl", at: later) == once)
    }

    @Test("a field that is no longer applied goes, when nobody else owns it")
    func removes() throws {
        let once = try applied(secret(#"{"a": "1", "b": "2"}"#), to: nil, by: "x", kind: .secret)
        let twice = try applied(secret(#"{"b": "2"}"#), to: once, by: "x", kind: .secret, at: later)
        #expect(twice["stringData"] == ["b": "2"])
        let emptied = try applied(
            #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}"#, to: twice, by: "x", kind: .secret)
        #expect(emptied["stringData"] == nil)
        #expect(managers(emptied).isEmpty)
    }

    @Test("of hundreds of conflicts the first are listed, and the others counted")
    func manyConflicts() throws {
        func data(_ value: String) -> String {
            "{" + (0..<300).map { "\"k\($0)\": \"\(value)\"" }.joined(separator: ",") + "}"
        }
        let first = try applied(secret(data("1")), to: nil, by: "x", kind: .secret)
        let error = #expect(throws: StatusError.self) {
            try applied(secret(data("2")), to: first, by: "y", kind: .secret)
        }
        #expect(
            error?.message.hasPrefix("Apply failed with 300 conflicts: conflicts with \"x\":\n- .stringData.k0\n")
                == true)
        #expect(error?.message.hasSuffix("\nand 200 more") == true)
        #expect(error?.causes.count == 100)
    }

    @Test("a field that another manager also applied stays")
    func coOwnership() throws {
        let first = try applied(secret(#"{"a": "1", "b": "2"}"#), to: nil, by: "x", kind: .secret)
        let shared = try applied(secret(#"{"b": "2"}"#), to: first, by: "y", kind: .secret)
        #expect(managers(shared) == ["x Apply", "y Apply"])
        let left = try applied(secret("{}"), to: shared, by: "x", kind: .secret)
        #expect(left["stringData"] == ["b": "2"])
        #expect(managers(left).contains("y Apply"))
    }

    @Test("another value for a field of another manager is a conflict, in Kubernetes' words")
    func conflict() throws {
        let first = try applied(Self.claim, to: nil, by: "owner")
        let bigger = Self.claim.replacing("8Gi", with: "16Gi")
        let error = #expect(throws: StatusError.self) { try applied(bigger, to: first, by: "other") }
        #expect(error?.code == 409)
        #expect(error?.reason == .conflict)
        #expect(
            error?.message == "Apply failed with 1 conflict: conflict with \"owner\": .spec.resources.requests.storage")
        #expect(
            error?.causes == [
                StatusError.Cause(
                    reason: "FieldManagerConflict", message: "conflict with \"owner\"",
                    field: ".spec.resources.requests.storage")
            ])
    }

    @Test("a conflict with an update names its version, several conflicts are listed")
    func severalConflicts() throws {
        let created = FieldManagement.track(
            before: nil, after: try json(Self.claim), kind: .persistentVolumeClaim, manager: "kubectl-create", now: noon
        )
        let changed = Self.claim.replacing("8Gi", with: "16Gi").replacing(#""db""#, with: #""web""#)
        let error = #expect(throws: StatusError.self) { try applied(changed, to: created, by: "other") }
        #expect(
            error?.message == """
                Apply failed with 2 conflicts: conflicts with "kubectl-create" using v1:
                - .metadata.labels.app
                - .spec.resources.requests.storage
                """)
        #expect(error?.causes.count == 2)
    }

    @Test("force takes the fields over")
    func force() throws {
        let first = try applied(Self.claim, to: nil, by: "owner")
        let second = try applied(
            Self.claim.replacing("8Gi", with: "16Gi"), to: first, by: "other", force: true, at: later)
        #expect(second.at("spec", "resources", "requests", "storage") == "16Gi")
        #expect(fields(second, of: "owner")?.at("f:spec", "f:resources") == nil)
        #expect(fields(second, of: "other")?.at("f:spec", "f:resources", "f:requests", "f:storage") == [:])
    }

    @Test("the same value as another manager's is shared, not a conflict")
    func sharedValue() throws {
        let first = try applied(Self.claim, to: nil, by: "owner")
        let second = try applied(Self.claim, to: first, by: "other")
        #expect(fields(second, of: "owner") == fields(second, of: "other"))
    }

    @Test("an object that was written before anyone was recorded belongs to before-first-apply")
    func beforeFirstApply() throws {
        let error = #expect(throws: StatusError.self) {
            try applied(Self.claim.replacing("8Gi", with: "16Gi"), to: try storedClaim(), by: "x")
        }
        #expect(
            error?.message
                == "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: "
                + ".spec.resources.requests.storage")
        let object = try applied(Self.claim, to: try storedClaim(), by: "x")
        #expect(managers(object) == ["x Apply", "before-first-apply Update"])
    }

    @Test("kubectl's own client-side fields are no conflict when kubectl moves to the server's apply")
    func fromClientSideApply() throws {
        var annotated = try json(Self.claim)
        annotated.set(
            .string(Self.claim), at: "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
        let created = FieldManagement.track(
            before: nil, after: annotated, kind: .persistentVolumeClaim, manager: "kubectl-client-side-apply", now: noon
        )
        let bigger = Self.claim.replacing("8Gi", with: "16Gi")
        let object = try applied(bigger, to: created, by: "kubectl")
        #expect(object.at("spec", "resources", "requests", "storage") == "16Gi")
        let annotation = object.at(
            "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")?.stringValue
        #expect(annotation?.contains("16Gi") == true)
        #expect(throws: StatusError.self) { try applied(bigger, to: created, by: "another") }
    }

    @Test("elements of a shared list are owned one by one")
    func sharedLists() throws {
        func pod(_ containers: String) -> String {
            #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [\#(containers)]}}"#
        }
        let first = try applied(
            pod(#"{"name": "a", "image": "x", "ports": [{"containerPort": 80}]}"#), to: nil, by: "one", kind: .pod)
        #expect(
            fields(first, of: "one")?.at("f:spec", "f:containers", #"k:{"name":"a"}"#, "f:ports")
                == [#"k:{"containerPort":80,"protocol":"TCP"}"#: [".": [:], "f:containerPort": [:]]])
        let second = try applied(pod(#"{"name": "b", "image": "y"}"#), to: first, by: "two", kind: .pod)
        #expect(second.at("spec", "containers")?.arrayValue?.compactMap { $0["name"] } == ["a", "b"])
        let third = try applied(pod(#"{"name": "c", "image": "z"}"#), to: second, by: "one", kind: .pod)
        #expect(Set(third.at("spec", "containers")?.arrayValue?.compactMap { $0["name"] } ?? []) == ["b", "c"])
        let error = #expect(throws: StatusError.self) {
            try applied(pod(#"{"name": "b", "image": "other"}"#), to: third, by: "one", kind: .pod)
        }
        #expect(
            error?.message
                == "Apply failed with 1 conflict: conflict with \"two\": .spec.containers[name=\"b\"].image")
    }

    @Test("an element that stays for another manager keeps its key")
    func elementKeepsItsKey() throws {
        func pod(_ container: String) -> String {
            #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [\#(container)]}}"#
        }
        let first = try applied(pod(#"{"name": "a", "image": "x", "tty": true}"#), to: nil, by: "one", kind: .pod)
        let second = try applied(pod(#"{"name": "a", "image": "x"}"#), to: first, by: "two", kind: .pod)
        let third = try applied(pod(""), to: second, by: "one", kind: .pod)
        #expect(third.at("spec", "containers") == [["name": "a", "image": "x"]])
    }

    @Test("finalizers are owned one by one, by their values")
    func finalizers() throws {
        func secret(_ finalizers: String) -> String {
            #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "finalizers": [\#(finalizers)]}}"#
        }
        let first = try applied(secret(#""a/1""#), to: nil, by: "one", kind: .secret)
        let second = try applied(secret(#""a/2""#), to: first, by: "two", kind: .secret)
        #expect(second.at("metadata", "finalizers") == ["a/1", "a/2"])
        #expect(fields(second, of: "two")?.at("f:metadata", "f:finalizers") == [#"v:"a/2""#: [:]])
        let third = try applied(secret(""), to: second, by: "one", kind: .secret)
        #expect(third.at("metadata", "finalizers") == ["a/2"])
    }

    @Test("a struct that nobody applies any more goes with the defaults in it, one with other members stays")
    func structs() throws {
        let volume = """
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"},
             "spec": {"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/srv"}}}
            """
        var first = try applied(volume, to: nil, by: "x", kind: .persistentVolume)
        first.set("", at: "spec", "hostPath", "type")
        first.set("Filesystem", at: "spec", "volumeMode")
        let second = try applied(
            volume.replacing(#""hostPath": {"path": "/srv"}"#, with: #""nfs": {"server": "n", "path": "/"}"#),
            to: first,
            by: "x", kind: .persistentVolume)
        #expect(second.at("spec", "hostPath") == nil)
        #expect(second.at("spec", "nfs") == ["server": "n", "path": "/"])
        #expect(second.at("spec", "volumeMode") == "Filesystem")
    }

    @Test("annotations that controllers set without being recorded survive an apply that drops its own")
    func untrackedAnnotations() throws {
        let annotated = Self.claim.replacing(#""labels": {"app": "db"}"#, with: #""annotations": {"mine": "1"}"#)
        var object = try applied(annotated, to: nil, by: "x")
        object.set("yes", at: "metadata", "annotations", "pv.kubernetes.io/bind-completed")
        let result = try applied(Self.claim, to: object, by: "x")
        #expect(result.at("metadata", "annotations") == ["pv.kubernetes.io/bind-completed": "yes"])
    }

    @Test("status is not applied through the object, and is through its subresource")
    func status() throws {
        let withStatus = Self.claim.replacing(#""spec":"#, with: #""status": {"phase": "Bound"}, "spec":"#)
        let object = try applied(withStatus, to: nil, by: "x")
        #expect(object["status"] == nil)
        let result = try applied(withStatus, to: object, by: "x", subresource: "status")
        #expect(result.at("status", "phase") == "Bound")
        #expect(result.at("spec", "resources", "requests", "storage") == "8Gi")
        let entries = result.at("metadata", "managedFields")?.arrayValue ?? []
        #expect(entries.count == 2)
        let ofStatus = entries.first { $0["subresource"]?.stringValue == "status" }
        #expect(ofStatus?["fieldsV1"] == ["f:status": ["f:phase": [:]]])
    }

    @Test("an unknown field is 400, whatever the validation")
    func unknownField() throws {
        let error = #expect(throws: StatusError.self) {
            try applied(Self.claim.replacing(#""spec": {"#, with: #""spec": {"size": 1, "#), to: nil, by: "x")
        }
        #expect(error?.code == 400)
        #expect(
            error?.message.hasPrefix(
                "failed to create typed patch object (default/data; /v1, Kind=PersistentVolumeClaim): ") == true)
        #expect(error?.message.contains("unknown field \"spec.size\"") == true)
    }

    @Test("two elements with one key, or one without, are 400")
    func badElements() throws {
        for containers in [#"{"name": "a"}, {"name": "a"}"#, #"{"image": "x"}"#] {
            let pod =
                #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [\#(containers)]}}"#
            let error = #expect(throws: StatusError.self) { try applied(pod, to: nil, by: "x", kind: .pod) }
            #expect(error?.code == 400)
            #expect(error?.message.contains(".spec.containers: ") == true)
        }
    }

    @Test("managedFields cannot be applied, a manager must be named, and a uid needs its object")
    func refusals() throws {
        let managed = Self.claim.replacing(#""labels":"#, with: #""managedFields": [{"manager": "x"}], "labels":"#)
        let error = #expect(throws: StatusError.self) { try applied(managed, to: nil, by: "x") }
        #expect(error?.message == "metadata.managedFields must be nil")
        let anonymous = #expect(throws: StatusError.self) {
            try PatchApplication.apply(
                .apply(try json(Self.claim), force: false), to: nil, kind: .persistentVolumeClaim,
                options: WriteOptions(), now: noon)
        }
        #expect(anonymous?.code == 422)
        let identified = Self.claim.replacing(#""labels":"#, with: #""uid": "1", "labels":"#)
        #expect(#expect(throws: StatusError.self) { try applied(identified, to: nil, by: "x") }?.code == 409)
    }
}
