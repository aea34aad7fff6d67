public import JSONTree

/// The limits of an object, whatever writes it: a create, an update, a patch of any kind, or a controller.
public enum ObjectLimits {
    /// The size of an object's compact JSON, as in etcd (`--max-request-bytes`): 1.5 MiB.
    public static let bytes = 1_572_864
    /// The depth that ``JSONParser`` accepts: an object that is nested deeper could be stored, but never read again.
    public static let depth = JSONParser.defaultMaximumDepth
    /// How many values a request's document may have: each takes up to a hundred bytes of memory, however short its
    /// text is. A ConfigMap of 1 MiB with the shortest keys and a manager for each of them stays below.
    public static let values = 300_000

    /// Call this before anything else walks a tree that a request or a patch has produced.
    ///
    /// - Throws: `RequestEntityTooLarge` (413), with the object's name and the limit.
    public static func checkDepth(_ object: JSONValue, _ kind: ResourceKind, name: String) throws(StatusError) {
        guard object.extent(toDepth: depth).depth <= depth else {
            throw .tooLarge(kind, name, "it is nested deeper than \(depth) levels")
        }
    }

    /// - Throws: `RequestEntityTooLarge` (413).
    public static func check(bytes count: Int, _ kind: ResourceKind, name: String) throws(StatusError) {
        guard count <= bytes else {
            throw .tooLarge(kind, name, "it would have \(count) bytes; the limit is \(bytes)")
        }
    }
}

extension StatusError {
    fileprivate static func tooLarge(_ kind: ResourceKind, _ name: String, _ why: String) -> StatusError {
        StatusError(
            code: 413, reason: .requestEntityTooLarge,
            message: "\(kind.groupResource) \"\(name)\" would be too large: \(why). Split it, or remove data",
            group: kind.group, resource: kind.plural, name: name)
    }
}
