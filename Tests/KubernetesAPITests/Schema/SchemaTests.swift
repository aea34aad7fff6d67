import JSONTree
import KubernetesAPI
import Testing

@Suite("Schema")
struct SchemaTests {
    private func field(_ kind: ResourceKind, _ path: String...) throws -> Field {
        var type = Schema.kubernetes.type(of: kind)
        for name in path.dropLast() {
            var next = try #require(type.field(name), "\(type.name).\(name)").type
            while let element = next.elementType { next = element }
            type = try #require(next.objectType, "\(type.name).\(name)")
        }
        return try #require(type.field(path.last ?? ""), "\(type.name).\(path.last ?? "")")
    }

    @Test("every kind is served in each of its versions, with its list")
    func everyKind() {
        #expect(Schema.kubernetes.served.count == ResourceKind.all.reduce(0) { $0 + $1.versions.count })
        for served in Schema.kubernetes.served {
            #expect(served.type.name == served.kind.kind)
            #expect(served.listType.name == served.kind.listKind)
            #expect(served.type.field("metadata") != nil)
        }
    }

    @Test("an unknown version has no type")
    func unknownVersion() {
        #expect(Schema.kubernetes.type(of: .pod, version: "v2") == nil)
        #expect(Schema.kubernetes.type(of: .statefulSet, version: "v1beta1") != nil)
    }

    @Test("a PersistentVolume has all 22 volume sources that Kubernetes has had")
    func volumeSources() throws {
        let sources = [
            "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
            "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
            "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
        ]
        for source in sources {
            let type = try field(.persistentVolume, "spec", source).type.objectType
            #expect(type?.fields.isEmpty == false, "\(source)")
        }
    }

    @Test("the types are as many as Kubernetes has for these kinds")
    func counts() {
        let types = Schema.kubernetes.types
        #expect(types.count == 199 + 3)
        #expect(Schema.kubernetes.type(of: .persistentVolume).field("spec")?.type.objectType?.fields.count == 31)
        #expect(Schema.kubernetes.type(of: .pod).field("spec")?.type.objectType?.fields.count == 40)
    }

    @Test("every field of the storage kinds has a description")
    func descriptions() {
        for type in Schema.kubernetes.types {
            #expect(!type.description.isEmpty, "\(type.qualifiedName)")
            for field in type.fields { #expect(!field.description.isEmpty, "\(type.name).\(field.name)") }
        }
    }

    @Test("lists merge as Kubernetes merges them")
    func listTypes() throws {
        func merge(_ kind: ResourceKind, _ path: String...) throws -> String {
            var type = Schema.kubernetes.type(of: kind)
            for name in path.dropLast() {
                var next = try #require(type.field(name)).type
                while let element = next.elementType { next = element }
                type = try #require(next.objectType)
            }
            let field = try #require(type.field(path.last ?? ""))
            let listType =
                switch field.type {
                case .list(_, .atomic): "atomic"
                case .list(_, .set): "set"
                case .list(_, .map(let keys)): "map(\(keys.map(\.name).joined(separator: ",")))"
                default: "-"
                }
            return listType + (field.patchStrategy.map { " merge \($0.mergeKey ?? "-") \($0.retainsKeys)" } ?? "")
        }
        #expect(try merge(.pod, "metadata", "ownerReferences") == "map(uid) merge uid false")
        #expect(try merge(.pod, "metadata", "finalizers") == "set merge - false")
        #expect(try merge(.pod, "spec", "containers") == "map(name) merge name false")
        #expect(
            try merge(.pod, "spec", "containers", "ports") == "map(containerPort,protocol) merge containerPort false")
        #expect(try merge(.pod, "spec", "containers", "volumeMounts") == "map(mountPath) merge mountPath false")
        #expect(try merge(.pod, "spec", "volumes") == "map(name) merge name true")
        #expect(try merge(.pod, "spec", "tolerations") == "atomic")
        #expect(try merge(.pod, "status", "hostIPs") == "atomic merge ip false")
        #expect(try merge(.persistentVolumeClaim, "spec", "accessModes") == "atomic")
        #expect(try merge(.persistentVolumeClaim, "status", "conditions") == "map(type) merge type false")
        #expect(try merge(.statefulSet, "spec", "volumeClaimTemplates") == "atomic")
    }

    @Test("references are atomic, but a volume's claimRef is shared field by field")
    func atomicity() throws {
        func isAtomic(_ field: Field) -> Bool? {
            if case .object(_, let isAtomic) = field.type { isAtomic } else { nil }
        }
        #expect(try isAtomic(field(.persistentVolume, "spec", "claimRef")) == false)
        #expect(try isAtomic(field(.event, "involvedObject")) == true)
        #expect(try isAtomic(field(.persistentVolumeClaim, "spec", "selector")) == true)
        #expect(try isAtomic(field(.persistentVolumeClaim, "spec", "dataSourceRef")) == false)
    }

    @Test("apps/v1beta1 requires no selector, apps/v1 does")
    func olderVersion() throws {
        #expect(try field(.statefulSet, "spec", "selector").isRequired)
        let older = try #require(Schema.kubernetes.type(of: .statefulSet, version: "v1beta1"))
        #expect(older.field("spec")?.type.objectType?.field("selector")?.isRequired == false)
    }
}
