import APIServer
import JSONTree
import KubernetesAPI
import TestSupport
import Testing

@Suite("What kubectl needs", .serialized)
struct KubectlTests {
    private static let storageClass = """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: fast}
        provisioner: berth.dev/hostpath
        """

    private static func claim(_ name: String = "data", label: String = "x", size: String = "1Gi") -> String {
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: \(name), labels: {app: \(label)}}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: \(size)}}
          storageClassName: fast
        """
    }

    private static func configMap(_ value: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: m}
        data: {a: "\(value)"}
        """
    }

    @Test("there is a kubectl to test with")
    func found() {
        #expect(!Kubectl.all.isEmpty, "no kubectl in PATH or in BERTH_KUBECTL_DIRS")
        print("kubectl: \(Kubectl.all.map(\.description).joined(separator: ", "))")
    }

    @Test("create namespace, secret and configmap", arguments: Kubectl.all)
    func createTyped(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            #expect(try await session("create", "namespace", "shop") == "namespace/shop created\n")
            try await session("create", "secret", "generic", "s", "-n", "shop", "--from-literal=password=geheim")
            try await session("create", "configmap", "c", "-n", "shop", "--from-literal=mode=fast")
            let secret = try await session("get", "secret", "s", "-n", "shop", "-o", "jsonpath={.data.password}{.type}")
            #expect(secret == "Z2VoZWltOpaque")
            #expect(try await session("get", "cm", "c", "-n", "shop", "-o", "jsonpath={.data.mode}") == "fast")
            let again = try await session.result("create", "namespace", "shop")
            #expect(again.errors.contains("(AlreadyExists): namespaces \"shop\" already exists"))
        }
    }

    @Test("apply creates, configures, and leaves unchanged", arguments: Kubectl.all)
    func apply(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("apply", "-f", "-", input: Self.storageClass)
            #expect(
                try await session("apply", "-f", "-", input: Self.claim())
                    == "persistentvolumeclaim/data created\n")
            #expect(
                try await session("apply", "-f", "-", input: Self.claim(label: "z"))
                    == "persistentvolumeclaim/data configured\n")
            #expect(
                try await session("apply", "-f", "-", input: Self.claim(label: "z"))
                    == "persistentvolumeclaim/data unchanged\n")
            #expect(try await session("get", "pvc", "-l", "app=z", "-o", "name") == "persistentvolumeclaim/data\n")
        }
    }

    @Test("apply --server-side finds conflicts, and takes fields when forced", arguments: Kubectl.all)
    func serverSideApply(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            let apply = ["apply", "--server-side", "-f", "-"]
            #expect(
                try await session("apply", "--server-side", "-f", "-", input: Self.configMap("1"))
                    == "configmap/m serverside-applied\n")
            let conflict = try await session.command(apply + ["--field-manager=other"], Self.configMap("2")).run()
            #expect(conflict.status != 0)
            #expect(conflict.errors.contains("conflict with \"kubectl\": .data.a"), "\(conflict.errors)")
            try await session(
                "apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-",
                input: Self.configMap("2"))
            #expect(try await session("get", "cm", "m", "-o", "jsonpath={.data.a}") == "2")
        }
    }

    @Test("create -f refuses what is there already, and unknown fields", arguments: Kubectl.all)
    func create(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.claim())
            let again = try await session.result("create", "-f", "-", input: Self.claim())
            #expect(again.errors.contains("(AlreadyExists)"))
            let bogus = try await session.result(
                "create", "-f", "-", input: Self.claim("other") + "\n  bogus: 1")
            // A kubectl of before 1.25 checks on its own, with the server's OpenAPI document.
            #expect(bogus.status != 0, "\(bogus)")
            #expect(bogus.errors.contains("unknown field \"") && bogus.errors.contains("bogus"), "\(bogus.errors)")
        }
    }

    @Test(
        "get prints tables, YAML, JSON, names and paths, chosen by label, field and namespace", arguments: Kubectl.all)
    func get(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.storageClass)
            for name in ["a", "b", "c"] {
                try await session("create", "-f", "-", input: Self.claim(name, label: name))
            }
            let table = try await session("get", "pvc")
            #expect(table.contains(/NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS/), "\(table)")
            #expect(table.split(separator: "\n").count == 4)
            #expect(try await session("get", "pvc", "-o", "wide").contains("VOLUMEMODE"))
            #expect(try await session("get", "pvc", "-A").contains("NAMESPACE"))
            #expect(try await session("get", "pvc", "a", "-o", "yaml").contains("kind: PersistentVolumeClaim"))
            #expect(try await session("get", "pvc", "a", "-o", "json").contains("\"storageClassName\": \"fast\""))
            #expect(
                try await session("get", "pvc", "-l", "app in (a,b)", "-o", "name")
                    == "persistentvolumeclaim/a\npersistentvolumeclaim/b\n")
            #expect(
                try await session("get", "pvc", "--field-selector", "metadata.name=c", "-o", "name")
                    == "persistentvolumeclaim/c\n")
            #expect(try await session("get", "pvc", "--chunk-size=1", "-o", "name").split(separator: "\n").count == 3)
            #expect(try await session("get", "pvc", "--sort-by=.metadata.name", "--no-headers").hasPrefix("a"))
            #expect(try await session("get", "sc,ns").contains("namespace/default"))
            let missing = try await session.result("get", "pvc", "none")
            #expect(missing.errors == "Error from server (NotFound): persistentvolumeclaims \"none\" not found\n")
        }
    }

    @Test("get -w prints a line for each change", arguments: Kubectl.all)
    func watch(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.claim())
            try await session.command(["get", "pvc", "-w", "--no-headers"]).running { output in
                try await session.eventually("the first line") { try output().contains("data") }
                try await session("label", "pvc", "data", "a=b")
                try await session.eventually("a line for the change") {
                    try output().split(separator: "\n").count == 2
                }
                try await session("delete", "pvc", "data", "--wait=false")
                try await session.eventually("a line for the deletion") {
                    try output().split(separator: "\n").count >= 3
                }
            }
        }
    }

    @Test("describe shows an object with its events", arguments: Kubectl.all)
    func describe(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.claim())
            let uid = try await session("get", "pvc", "data", "-o", "jsonpath={.metadata.uid}")
            let event: JSONValue = [
                "metadata": ["name": "data.1"],
                "involvedObject": [
                    "kind": "PersistentVolumeClaim", "namespace": "default", "name": "data", "uid": .string(uid),
                    "apiVersion": "v1",
                ],
                "reason": "ProvisioningFailed", "message": "the driver has no space left", "type": "Warning",
                "firstTimestamp": Timestamp.now.json, "lastTimestamp": Timestamp.now.json, "count": 1,
                "source": ["component": "berth"],
            ]
            let created = try await session.server.send("POST", "/api/v1/namespaces/default/events", event)
            #expect(created.status == 201, "\(created.text)")
            let description = try await session("describe", "pvc", "data")
            #expect(description.contains("the driver has no space left"), "\(description)")
            #expect(try await session("get", "events").contains("persistentvolumeclaim/data"))
            try await session("create", "-f", "-", input: Self.storageClass)
            #expect(try await session("describe", "sc", "fast").contains("berth.dev/hostpath"))
            #expect(try await session("describe", "ns", "default").contains("Active"))
        }
    }

    @Test("edit stores what the editor leaves", arguments: Kubectl.all)
    func edit(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.claim())
            let edited = try await session(
                "edit", "pvc", "data", environment: ["KUBE_EDITOR": "sed -i -e s/app:.x/app:\\ edited/"])
            #expect(edited == "persistentvolumeclaim/data edited\n")
            #expect(try await session("get", "pvc", "data", "-o", "jsonpath={.metadata.labels.app}") == "edited")
        }
    }

    @Test("patch, label, annotate and replace change an object", arguments: Kubectl.all)
    func change(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.configMap("0"))
            func value() async throws -> String { try await session("get", "cm", "m", "-o", "jsonpath={.data.a}") }
            try await session("patch", "cm", "m", "-p", #"{"data":{"a":"1"}}"#)
            #expect(try await value() == "1")
            try await session("patch", "cm", "m", "--type=merge", "-p", #"{"data":{"a":"2"}}"#)
            #expect(try await value() == "2")
            try await session(
                "patch", "cm", "m", "--type=json", "-p", #"[{"op":"replace","path":"/data/a","value":"3"}]"#)
            #expect(try await value() == "3")
            #expect(try await session("label", "cm", "m", "l=1").contains("labeled"))
            try await session("label", "cm", "m", "l-")
            try await session("annotate", "cm", "m", "n=1")
            #expect(
                try await session("get", "cm", "m", "-o", "jsonpath={.metadata.labels.l}{.metadata.annotations.n}")
                    == "1")
            #expect(try await session("replace", "-f", "-", input: Self.configMap("4")) == "configmap/m replaced\n")
            #expect(try await value() == "4")
        }
    }

    @Test("scale changes the replicas of a StatefulSet", arguments: Kubectl.all)
    func scale(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            let set = Manifests.statefulSet("web").prettyPrinted()
            try await session("create", "-f", "-", input: set)
            #expect(try await session("scale", "sts/web", "--replicas=5").contains("scaled"))
            #expect(try await session("get", "sts", "web", "-o", "jsonpath={.spec.replicas}") == "5")
            #expect(try await session("get", "all").contains("statefulset.apps/web"))
        }
    }

    @Test("delete waits for finalizers, and takes all", arguments: Kubectl.all)
    func delete(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            for name in ["a", "b"] { try await session("create", "configmap", name) }
            try await session("patch", "cm", "a", "-p", #"{"metadata":{"finalizers":["example.com/hold"]}}"#)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let deleted = try await session("delete", "cm", "a", "--timeout=30s")
                    #expect(deleted.hasPrefix("configmap \"a\" deleted"))
                }
                try await session.eventually("the object is marked") {
                    try await session.server.get("/api/v1/namespaces/default/configmaps/a").body
                        .at("metadata", "deletionTimestamp") != nil
                }
                _ = try await session.server.send(
                    "PATCH", "/api/v1/namespaces/default/configmaps/a", ["metadata": ["finalizers": .null]],
                    contentType: "application/merge-patch+json")
                try await group.waitForAll()
            }
            try await session("create", "configmap", "c")
            let all = try await session("delete", "cm", "--all")
            #expect(all.contains("\"b\" deleted") && all.contains("\"c\" deleted"))
            try await session("delete", "cm", "b", "--ignore-not-found")
            let missing = try await session.result("delete", "cm", "b")
            #expect(missing.errors == "Error from server (NotFound): configmaps \"b\" not found\n")
        }
    }

    @Test("a kind that there is not is named", arguments: Kubectl.all)
    func unknownKind(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            for _ in 0..<2 {
                let result = try await session.result(
                    "apply", "-f", "-", input: "apiVersion: v1\nkind: Nope\nmetadata: {name: a}\n")
                #expect(result.status == 1)
                #expect(result.errors.contains("no matches for kind \"Nope\" in version \"v1\""), "\(result)")
            }
        }
    }

    @Test("wait sees a field take its value, and an object go", arguments: Kubectl.all)
    func wait(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            try await session("create", "-f", "-", input: Self.configMap("0"))
            // Waiting for a field came with 1.23.
            if kubectl.minorVersion >= 23 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await session("wait", "--for=jsonpath={.data.a}=1", "cm/m", "--timeout=20s") }
                    try await session("patch", "cm", "m", "-p", #"{"data":{"a":"1"}}"#)
                    try await group.waitForAll()
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let result = try await session.result("wait", "--for=delete", "cm/m", "--timeout=20s")
                    // One that comes when it is gone already finds nothing, which old kubectls call an error.
                    let isLate = kubectl.minorVersion < 27 && result.errors == "error: no matching resources found\n"
                    #expect(result.isSuccess || isLate, "\(result)")
                }
                try await session("delete", "cm", "m")
                try await group.waitForAll()
            }
        }
    }

    @Test("diff and --dry-run=server show what would be, and change nothing", arguments: Kubectl.all)
    func dryRun(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            let dry = try await session("apply", "--dry-run=server", "-f", "-", input: Self.claim())
            #expect(dry == "persistentvolumeclaim/data created (server dry run)\n")
            #expect(try await session.result("get", "pvc", "data").status != 0)
            try await session("apply", "-f", "-", input: Self.claim())
            let difference = try await session.result("diff", "-f", "-", input: Self.claim(label: "other"))
            #expect(difference.status == 1, "\(difference)")
            #expect(difference.output.contains("+    app: other"), "\(difference)")
            let same = try await session.result("diff", "-f", "-", input: Self.claim())
            #expect(same.status == 0, "\(same)")
        }
    }

    @Test("plain HTTP serves kubectl too", arguments: Kubectl.representative)
    func plainHTTP(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl, isSecure: false) { session in
            try await session("apply", "-f", "-", input: Self.configMap("1"))
            #expect(try await session("get", "cm", "m", "-o", "jsonpath={.data.a}") == "1")
        }
    }
}
