/// A struct of the Kubernetes API: its fields, and how it is merged.
///
/// Types are made once from ``Schema``'s definitions and shared; none refers to itself, so they form no cycle.
public final class ObjectType: Sendable {
    /// The definition's name in OpenAPI: `io.k8s.api.core.v1.PersistentVolumeClaimSpec`.
    public let qualifiedName: String
    /// `PersistentVolumeClaimSpec`
    public let name: String
    public let description: String
    /// Always replaced and owned as a whole (`x-kubernetes-map-type: atomic`).
    public let isAtomic: Bool
    /// In alphabetical order.
    public let fields: [Field]

    private let index: [String: Int]

    init(qualifiedName: String, description: String, isAtomic: Bool, fields: [Field]) {
        self.qualifiedName = qualifiedName
        self.name = qualifiedName.lastIndex(of: ".").map { String(qualifiedName[$0...].dropFirst()) } ?? qualifiedName
        self.description = description
        self.isAtomic = isAtomic
        self.fields = fields.sorted { $0.name < $1.name }
        self.index = Dictionary(
            self.fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Found by a hash: a PodSpec has forty fields.
    public func field(_ name: String) -> Field? {
        index[name].map { fields[$0] }
    }
}

/// One field of an ``ObjectType``.
public struct Field: Sendable {
    public let name: String
    public let type: FieldType
    public let isRequired: Bool
    public let description: String
    /// `nil`: a strategic merge patch replaces the list.
    public let patchStrategy: PatchStrategy?

    /// How `metadata.managedFields` names the field: `f:spec`.
    let pathElement: String
}

/// What a strategic merge patch does with a list (`x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`).
public struct PatchStrategy: Sendable, Hashable {
    /// The field that says which elements are the same one; `nil` for a list of scalars.
    public let mergeKey: String?
    /// An element of the list is a union: the patch names the members that stay.
    public let retainsKeys: Bool
}

public indirect enum FieldType: Sendable {
    case string, bool, int32, int64, double
    /// Bytes in Base64 (RFC 4648).
    case bytes
    case quantity
    /// RFC 3339, to the second.
    case time
    /// RFC 3339, to the microsecond.
    case microTime
    case intOrString
    /// Any JSON object, kept as it is (`fieldsV1`).
    case any
    /// `isAtomic` may differ from the type's own where a field says so (`x-kubernetes-map-type: granular`).
    case object(ObjectType, isAtomic: Bool)
    case map(FieldType, isAtomic: Bool)
    case list(FieldType, ListType)
}

/// How two writers share a list (`x-kubernetes-list-type`).
public enum ListType: Sendable, Hashable {
    /// Owned and replaced as a whole.
    case atomic
    /// Scalars, each once.
    case set
    /// Objects told apart by some of their fields.
    case map(keys: [Key])

    /// A field that tells elements apart, and the value that it has when it is absent.
    public struct Key: Sendable, Hashable {
        public let name: String
        public let defaultValue: String?
    }
}

extension FieldType {
    public var objectType: ObjectType? {
        if case .object(let type, _) = self { type } else { nil }
    }

    /// The type of each value in a map, or of each element in a list.
    public var elementType: FieldType? {
        switch self {
        case .map(let element, _), .list(let element, _): element
        default: nil
        }
    }
}
