import JSONTree
import KubernetesAPI
import ObjectStore
import Testing

/// What is under `berth.dev/` decides what drivers are told to delete.
@Suite("Metadata that is reserved for the host")
struct ReservedMetadataTests {
    private static let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    private static let volumes = "/api/v1/persistentvolumes"
    private static let finalizer = "berth.dev/provisioning"

    private static func claim(_ metadata: JSONObject = [:]) -> JSONValue {
        var claim: JSONValue = [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c", "namespace": "default"],
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
        ]
        for (key, value) in metadata { claim.set(value, at: "metadata", key) }
        return claim
    }

    /// A claim as the host leaves it while a driver is asked for its volume.
    private static func hold(_ server: ServerUnderTest) async throws {
        var claim = Self.claim(["finalizers": [.string(finalizer), "example.com/other"]])
        claim.set("40%", at: "metadata", "annotations", "berth.dev/provisioning-progress")
        _ = try await server.store.create(.persistentVolumeClaim, claim, WriteOptions(isHost: true))
    }

    private static func metadata(_ server: ServerUnderTest) async throws -> ObjectMeta {
        ObjectMeta(try await server.get(claims + "/c").body["metadata"] ?? [:])
    }

    @Test(
        "no create brings it in, and the answer names the keys to take off",
        arguments: [
            ("metadata.labels[berth.dev/x]", ["labels": ["berth.dev/x": "1"]]),
            (
                "metadata.annotations[berth.dev/provisioning-intent]",
                ["annotations": ["berth.dev/provisioning-intent": "{}"]]
            ),
            ("metadata.finalizers[berth.dev/provisioning]", ["finalizers": ["berth.dev/provisioning"]]),
        ] as [(String, JSONObject)])
    func create(field: String, metadata: JSONObject) async throws {
        try await ServerUnderTest.run { server in
            let claim = Self.claim(metadata)
            let answers = [
                try await server.send("POST", Self.claims, claim),
                try await server.send(
                    "PATCH", Self.claims + "/c?fieldManager=f&force=true", claim,
                    contentType: "application/apply-patch+yaml"),
                try await server.send("POST", Self.claims + "?dryRun=All", claim),
            ]
            for answer in answers {
                #expect(answer.status == 422)
                #expect(answer.body["message"]?.stringValue?.contains("\(field): Forbidden") == true, "\(answer.text)")
                #expect(answer.text.contains("remove this key from the request"))
            }
            #expect(try await server.get(Self.claims + "/c").status == 404)
        }
    }

    @Test("nor on other kinds", arguments: ["configmaps", "secrets"])
    func otherKinds(plural: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "POST", "/api/v1/namespaces/default/\(plural)",
                ["metadata": ["name": "x", "annotations": ["berth.dev/x": "1"]]])
            #expect(answer.status == 422, "\(answer.text)")
        }
    }

    private static let removals: [(String, JSONValue)] = [
        ("application/merge-patch+json", ["metadata": ["finalizers": .null]]),
        ("application/merge-patch+json", ["metadata": ["finalizers": ["example.com/other"]]]),
        ("application/merge-patch+json", ["metadata": ["annotations": .null]]),
        ("application/merge-patch+json", ["metadata": ["annotations": ["berth.dev/provisioning-progress": "99%"]]]),
        ("application/merge-patch+json", ["metadata": ["annotations": ["berth.dev/more": "1"]]]),
        ("application/json-patch+json", [["op": "remove", "path": "/metadata/finalizers"]]),
        ("application/json-patch+json", [["op": "remove", "path": "/metadata"]]),
        (
            "application/strategic-merge-patch+json",
            ["metadata": ["$deleteFromPrimitiveList/finalizers": [.string(finalizer)]]]
        ),
        ("application/strategic-merge-patch+json", ["metadata": ["finalizers": ["berth.dev/another"]]]),
    ]

    @Test("no patch adds, changes or removes it, of the object or of its status", arguments: removals)
    func patch(contentType: String, patch: JSONValue) async throws {
        try await ServerUnderTest.run { server in
            try await Self.hold(server)
            for path in ["/c", "/c/status"] {
                let answer = try await server.send("PATCH", Self.claims + path, patch, contentType: contentType)
                #expect([400, 422].contains(answer.status), "\(path): \(answer.text)")
                let metadata = try await Self.metadata(server)
                #expect(metadata.finalizers == [Self.finalizer, "example.com/other", "kubernetes.io/pvc-protection"])
                #expect(metadata.annotations == ["berth.dev/provisioning-progress": "40%"])
            }
        }
    }

    @Test("a PUT without it is refused, one that sends it back as it was is not")
    func put() async throws {
        try await ServerUnderTest.run { server in
            try await Self.hold(server)
            var claim = try await server.get(Self.claims + "/c").body
            claim.set(nil, at: "metadata", "resourceVersion")
            claim.set("2Gi", at: "metadata", "labels", "size")
            #expect(try await server.send("PUT", Self.claims + "/c", claim).status == 200)
            #expect(try await server.send("PUT", Self.claims + "/c/status", claim).status == 200)
            claim.set(nil, at: "metadata", "finalizers")
            #expect(try await server.send("PUT", Self.claims + "/c", claim).status == 422)
            #expect(try await Self.metadata(server).hasFinalizer(Self.finalizer))
        }
    }

    @Test("a claim that is deleted, alone or with all, waits for the host")
    func deletion() async throws {
        try await ServerUnderTest.run { server in
            try await Self.hold(server)
            #expect(try await server.send("DELETE", Self.claims + "/c").status == 200)
            #expect(try await server.send("DELETE", Self.claims).status == 200)
            let answer = try await server.send(
                "PATCH", Self.claims + "/c", ["metadata": ["finalizers": .null]],
                contentType: "application/merge-patch+json")
            #expect(answer.status == 422)
            #expect(try await Self.metadata(server).hasFinalizer(Self.finalizer))
        }
    }

    @Test("an apply of what was read owns nothing of it, and a later one without it removes nothing")
    func apply() async throws {
        try await ServerUnderTest.run { server in
            try await Self.hold(server)
            let apply = "application/apply-patch+yaml"
            let path = Self.claims + "/c?fieldManager=me"
            var claim = Self.claim(["finalizers": [.string(Self.finalizer)], "labels": ["mine": "1"]])
            claim.set("40%", at: "metadata", "annotations", "berth.dev/provisioning-progress")
            #expect(try await server.send("PATCH", path, claim, contentType: apply).status == 200)
            let answer = try await server.send("PATCH", path, Self.claim(), contentType: apply)
            #expect(answer.status == 200, "\(answer.text)")
            let metadata = try await Self.metadata(server)
            #expect(metadata.hasFinalizer(Self.finalizer))
            #expect(metadata.annotations == ["berth.dev/provisioning-progress": "40%"])
            #expect(metadata.labels.isEmpty)
        }
    }

    @Test("a volume that was exported is taken back without it only, and who made a volume stays")
    func volume() async throws {
        try await ServerUnderTest.run { server in
            let volume: JSONValue = [
                "apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": [
                    "name": "v",
                    "annotations": ["berth.dev/volume-id": "id", "pv.kubernetes.io/provisioned-by": "example.com/a"],
                ],
                "spec": [
                    "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/srv/v"],
                ],
            ]
            let refused = try await server.send("POST", Self.volumes, volume)
            #expect(refused.text.contains("metadata.annotations[berth.dev/volume-id]: Forbidden"), "\(refused.text)")
            _ = try await server.store.create(.persistentVolume, volume, WriteOptions(isHost: true))
            let answer = try await server.send(
                "PATCH", Self.volumes + "/v",
                ["metadata": ["annotations": ["pv.kubernetes.io/provisioned-by": "example.com/b"]]],
                contentType: "application/merge-patch+json")
            #expect(answer.status == 422)
            #expect(answer.text.contains("pv.kubernetes.io/provisioned-by"))
        }
    }
}
