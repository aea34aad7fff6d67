/// A kind of object that the API serves: its names, and where it lives.
public struct ResourceKind: Sendable {
    /// Behind one reference, because every stored object names its kind: a hundred thousand copies of eight strings
    /// would be ten megabytes, and eight reference counts a copy.
    private final class Names: Sendable {
        let group: String
        let version: String
        let olderVersions: [String]
        let kind: String
        let plural: String
        let singular: String
        let shortNames: [String]
        let isNamespaced: Bool
        let hasStatus: Bool

        init(
            group: String, version: String, olderVersions: [String], kind: String, plural: String,
            shortNames: [String], isNamespaced: Bool, hasStatus: Bool
        ) {
            self.group = group
            self.version = version
            self.olderVersions = olderVersions
            self.kind = kind
            self.plural = plural
            self.singular = kind.lowercased()
            self.shortNames = shortNames
            self.isNamespaced = isNamespaced
            self.hasStatus = hasStatus
        }
    }

    private let names: Names

    /// `""` for the core group.
    public var group: String { names.group }
    /// The version that is stored and preferred.
    public var version: String { names.version }
    /// Older versions under which the same objects are read and written.
    public var olderVersions: [String] { names.olderVersions }
    public var kind: String { names.kind }
    public var plural: String { names.plural }
    public var singular: String { names.singular }
    public var shortNames: [String] { names.shortNames }
    public var isNamespaced: Bool { names.isNamespaced }
    /// Whether `…/status` is written apart from the rest.
    public var hasStatus: Bool { names.hasStatus }

    /// `v1`, or `storage.k8s.io/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    public var listKind: String { kind + "List" }
    /// As error messages name it: `persistentvolumeclaims`, `storageclasses.storage.k8s.io`.
    public var groupResource: String { group.isEmpty ? plural : "\(plural).\(group)" }
    public var versions: [String] { [version] + olderVersions }

    init(
        group: String = "", version: String = "v1", olderVersions: [String] = [], kind: String, plural: String,
        shortNames: [String] = [], isNamespaced: Bool, hasStatus: Bool = false
    ) {
        names = Names(
            group: group, version: version, olderVersions: olderVersions, kind: kind, plural: plural,
            shortNames: shortNames, isNamespaced: isNamespaced, hasStatus: hasStatus)
    }
}

extension ResourceKind: Hashable, CustomStringConvertible {
    public static func == (left: ResourceKind, right: ResourceKind) -> Bool {
        left.names === right.names || (left.names.plural == right.names.plural && left.names.group == right.names.group)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(names.plural)
        hasher.combine(names.group)
    }

    public var description: String { groupResource }
}

extension ResourceKind {
    public static let namespace = ResourceKind(
        kind: "Namespace", plural: "namespaces", shortNames: ["ns"], isNamespaced: false, hasStatus: true)
    public static let secret = ResourceKind(kind: "Secret", plural: "secrets", isNamespaced: true)
    public static let configMap = ResourceKind(
        kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"], isNamespaced: true)
    public static let event = ResourceKind(kind: "Event", plural: "events", shortNames: ["ev"], isNamespaced: true)
    public static let node = ResourceKind(
        kind: "Node", plural: "nodes", shortNames: ["no"], isNamespaced: false, hasStatus: true)
    public static let pod = ResourceKind(
        kind: "Pod", plural: "pods", shortNames: ["po"], isNamespaced: true, hasStatus: true)
    public static let persistentVolume = ResourceKind(
        kind: "PersistentVolume", plural: "persistentvolumes", shortNames: ["pv"], isNamespaced: false,
        hasStatus: true)
    public static let persistentVolumeClaim = ResourceKind(
        kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims", shortNames: ["pvc"], isNamespaced: true,
        hasStatus: true)
    public static let storageClass = ResourceKind(
        group: "storage.k8s.io", kind: "StorageClass", plural: "storageclasses", shortNames: ["sc"],
        isNamespaced: false)
    public static let volumeAttachment = ResourceKind(
        group: "storage.k8s.io", kind: "VolumeAttachment", plural: "volumeattachments", isNamespaced: false,
        hasStatus: true)
    public static let statefulSet = ResourceKind(
        group: "apps", olderVersions: ["v1beta1"], kind: "StatefulSet", plural: "statefulsets", shortNames: ["sts"],
        isNamespaced: true, hasStatus: true)
    public static let lease = ResourceKind(
        group: "coordination.k8s.io", kind: "Lease", plural: "leases", isNamespaced: true)

    public static let all: [ResourceKind] = [
        .namespace, .secret, .configMap, .event, .node, .pod, .persistentVolume, .persistentVolumeClaim,
        .storageClass, .volumeAttachment, .statefulSet, .lease,
    ]

    public static func named(kind: String, apiVersion: String) -> ResourceKind? {
        all.first { candidate in
            candidate.kind == kind
                && candidate.versions.contains {
                    (candidate.group.isEmpty ? $0 : "\(candidate.group)/\($0)") == apiVersion
                }
        }
    }

    public static func named(plural: String, group: String, version: String) -> ResourceKind? {
        all.first { $0.plural == plural && $0.group == group && $0.versions.contains(version) }
    }
}
