import JSONTree
import KubernetesAPI
import Testing

@Suite("Manifests")
struct ManifestDecoderTests {
    private func manifests(_ text: String) throws -> [Manifest] {
        try ManifestDecoder.decode(Array(text.utf8), file: "app.yaml")
    }

    private func error(_ text: String) -> String? {
        #expect(throws: ManifestError.self) { try manifests(text) }?.description
    }

    @Test("documents come in order, with their lines; empty ones are left out")
    func documents() throws {
        let found = try manifests(
            """
            # first
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: a}
            ---
            ---
            # nothing
            ---
            apiVersion: v1
            kind: Secret
            ...
            """)
        #expect(found.map { $0.object["kind"] } == ["Namespace", "Secret"])
        #expect(found.map(\.line) == [3, 10])
        let windows = try manifests("apiVersion: v1\r\nkind: Pod\r\n---\r\napiVersion: v1\r\nkind: Pod\r\n")
        #expect(windows.map(\.line) == [1, 4])
    }

    @Test("JSON is read, and YAML that begins like it")
    func json() throws {
        #expect(try manifests(#"{"apiVersion": "v1", "kind": "Pod"}"#).count == 1)
        #expect(try manifests("{apiVersion: v1, kind: Pod}").count == 1)
        #expect(try manifests("{apiVersion: v1, kind: Pod}\n---\n{apiVersion: v1, kind: Pod}").count == 2)
        #expect(
            error("{\"apiVersion\": \"v1\",\n \"kind\": ]}")
                == "app.yaml:2:10: unexpected ']' where a value is expected")
    }

    @Test("lists are flattened; the items of a list of one kind need not name it")
    func lists() throws {
        let found = try manifests(
            """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Pod, metadata: {name: a}}
            - {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret}]}
            ---
            apiVersion: storage.k8s.io/v1
            kind: StorageClassList
            items: [{provisioner: a/b}]
            """)
        #expect(found.map { $0.object["kind"] } == ["Pod", "Secret", "StorageClass"])
        #expect(found.last?.object["apiVersion"] == "storage.k8s.io/v1")
    }

    @Test("what is no object, or does not say what it is, is refused with its line")
    func incomplete() {
        #expect(
            error("---\nkind: Pod\n")
                == "app.yaml:2:1: apiVersion is not set: every object needs apiVersion and kind, both strings")
        #expect(error("apiVersion: v1\nkind: 5")?.contains("kind is not set") == true)
        #expect(error("- a")?.contains("a manifest is an object") == true)
        #expect(error("apiVersion: v1\nkind: List\nitems: 5")?.contains("items of a List") == true)
    }

    @Test("an empty file holds no manifests")
    func empty() throws {
        #expect(try manifests("").isEmpty)
        #expect(try manifests("# only a comment\n---\n").isEmpty)
    }
}

@Suite("Writing YAML")
struct ManifestEncoderTests {
    @Test("an object is printed as kubectl prints it")
    func object() throws {
        let text = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata:
              annotations:
                kubectl.kubernetes.io/last-applied-configuration: |
                  {"apiVersion":"v1"}
                volume.beta.kubernetes.io/storage-provisioner: berth.dev/hostpath
              creationTimestamp: "2026-11-22T10:00:00Z"
              finalizers:
              - kubernetes.io/pvc-protection
              labels:
                a2: x
                a10: "5"
                b: "true"
              name: data
            spec:
              accessModes:
              - ReadWriteOnce
              resources:
                requests:
                  storage: 8Gi
              selector: {}
              storageClassName: ""
            status:
              conditions:
              - message: 'rpc error: code = Unavailable'
                status: "True"
                type: Resizing
              list: []
              matrix:
              - - 1
                - null
            """
        let value = try ManifestDecoder.decodeDocument(Array(text.utf8))
        #expect(ManifestEncoder.encode(value) == text + "\n")
    }

    @Test("several objects are separate documents")
    func documents() throws {
        #expect(ManifestEncoder.encode(documents: [["a": 1], ["b": 2]]) == "a: 1\n---\nb: 2\n")
    }

    @Test(
        "every string is read as it was",
        arguments: [
            "", " ", "a", "yes", "No", "null", "~", "5", "0644", "1e3", "1_0", "0x1", ".5", ".inf", "-", "- a", "--- a",
            "...", "a: b", "a:", ":a", "a #b", "a#b", "#a", "'", "\"", "it's", "@a", "`a", "%a", "&a", "*a", "!a", "|",
            ">", "[a]", "{a}", "a]", "?", "? a", "=", "<<", "2026-01-01", "12:30:45", " lead", "trail ", "a\nb", "a\n",
            "\na", "\n", "\n\n", "a\n\n", "  a\nb", "a \nb", "a\tb", "\ta", "a\r\nb", "\u{0}", "\u{7}", "é", "😀",
            "\u{85}", "\u{2028}", "\u{FEFF}", "\\", "a\\nb", "---", "a\n---\nb", "#\nb", "a\n # b",
            String(repeating: "long ", count: 50),
        ])
    func strings(text: String) throws {
        let value: JSONValue = ["plain": .string(text), "list": [.string(text)], text + "k": 1]
        let encoded = ManifestEncoder.encode(value)
        #expect(try ManifestDecoder.decodeDocument(Array(encoded.utf8)) == value, "\(encoded)")
    }

    @Test("numbers, booleans and null are not quoted")
    func scalars() {
        #expect(
            ManifestEncoder.encode(["a": 1, "b": .number("1.5"), "c": true, "d": .null])
                == "a: 1\nb: 1.5\nc: true\nd: null\n")
        #expect(ManifestEncoder.encode("x") == "x\n")
        #expect(ManifestEncoder.encode([]) == "[]\n")
    }
}
