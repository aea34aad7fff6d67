public import JSONTree

/// A check that a write must pass, beside Kubernetes' own rules: for example a StorageClass's parameters against what
/// its driver says it takes.
///
/// Asked once for each write that would change something, after defaults and validation and before anything is stored,
/// outside of any transaction: whoever writes waits for it, nobody else does. A rule returns at once for what is not
/// its concern.
///
/// - Parameter objects: What there is, to read from.
/// - Returns: Warnings for the person who writes.
/// - Throws: ``StatusError``, with which the write fails.
public typealias AdmissionRule =
    @Sendable (_ request: AdmissionRequest, _ objects: any ResourceClient) async throws -> [String]

/// A write that is about to happen. Sees the object as it will be stored, defaults and all.
public struct AdmissionRequest: Sendable {
    public enum Operation: Sendable { case create, update }

    public var kind: ResourceKind
    public var operation: Operation
    /// `status`, or `nil` for the rest.
    public var subresource: String?
    public var object: JSONValue
    /// What there is now; `nil` at a create.
    public var oldObject: JSONValue?
    /// Nothing will be stored: somebody wants to know what would happen.
    public var isDryRun: Bool

    public init(
        kind: ResourceKind, operation: Operation, subresource: String? = nil, object: JSONValue,
        oldObject: JSONValue? = nil, isDryRun: Bool = false
    ) {
        self.kind = kind
        self.operation = operation
        self.subresource = subresource
        self.object = object
        self.oldObject = oldObject
        self.isDryRun = isDryRun
    }
}
