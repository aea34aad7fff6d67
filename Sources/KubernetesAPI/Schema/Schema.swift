/// Every field of every kind that the API serves: the one source for strict decoding, patches, server-side apply and
/// OpenAPI.
///
/// The definitions are text (``SchemaDefinitions``), read once when they are first asked for.
public final class Schema: Sendable {
    public static let kubernetes = Schema(definitions: SchemaDefinitions.all)

    /// A kind in one of its versions, and the type of its objects.
    public struct ServedType: Sendable {
        public let kind: ResourceKind
        /// `v1`, `v1beta1`
        public let version: String
        public let type: ObjectType
        public let listType: ObjectType
    }

    /// All types, by ``ObjectType/qualifiedName``, in alphabetical order.
    public let types: [ObjectType]
    /// In the order of ``ResourceKind/all``, older versions after the stored one.
    public let served: [ServedType]

    private let storedTypes: [ResourceKind: ObjectType]

    /// The definitions are part of the program, and ``kubernetes`` is made of them at every start: a mistake in them ends
    /// the process at the first test, and nothing that comes from outside reaches these preconditions.
    init(definitions: [String]) {
        var parser = SchemaParser()
        for text in definitions { parser.read(text) }
        let types = parser.resolved()
        let byName = Dictionary(types.map { ($0.qualifiedName, $0) }, uniquingKeysWith: { first, _ in first })
        self.types = types.sorted { $0.qualifiedName < $1.qualifiedName }
        self.served = ResourceKind.all.flatMap { kind in
            kind.versions.map { version in
                let name = Self.qualifiedName(of: kind, version: version)
                guard let type = byName[name], let listType = byName[name + "List"] else {
                    preconditionFailure("the schema has no definition of \(name)")
                }
                return ServedType(kind: kind, version: version, type: type, listType: listType)
            }
        }
        self.storedTypes = Dictionary(
            served.filter { $0.version == $0.kind.version }.map { ($0.kind, $0.type) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The type of a kind's objects in the version that is stored. There is one: outside of this module no ``ResourceKind``
    /// can be made but those of ``ResourceKind/all``, for each of which `init` has found it.
    public func type(of kind: ResourceKind) -> ObjectType {
        guard let type = storedTypes[kind] else { preconditionFailure("the schema has no definition of \(kind)") }
        return type
    }

    /// The type of a kind's objects in `version` (`v1`); `nil` when it is not served.
    public func type(of kind: ResourceKind, version: String) -> ObjectType? {
        if version == kind.version { return storedTypes[kind] }
        return served.first { $0.kind == kind && $0.version == version }?.type
    }

    private static func qualifiedName(of kind: ResourceKind, version: String) -> String {
        // `storage.k8s.io` is the package `storage`; the core group's is `core`.
        let package = kind.group.isEmpty ? "core" : kind.group.prefix { $0 != "." }
        return "io.k8s.api.\(package).\(version).\(kind.kind)"
    }
}
