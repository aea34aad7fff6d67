public import JSONTree

/// The Kubernetes API as the controllers and the server see it. Two implementations ship: the embedded store
/// (`ObjectStore`) and a cluster over HTTP (`KubernetesClient`).
///
/// Every method throws ``StatusError`` (Kubernetes' own reasons and messages), or `CancellationError`.
public protocol ResourceClient: Sendable {
    /// - Throws: `NotFound`.
    func get(_ kind: ResourceKind, _ key: ObjectKey) async throws -> StoredObject

    /// - Throws: `Expired` (410) for a `continue` token or an exact version whose state is gone.
    func list(_ kind: ResourceKind, _ options: ListOptions) async throws -> ObjectList

    /// Changes after `options.resourceVersion`, in order, each once.
    ///
    /// The stream ends with `Expired` (410) when the reader is too slow or the version is too old: list again.
    func watch(_ kind: ResourceKind, _ options: WatchOptions) async throws -> WatchStream

    /// Returns when the object is durable.
    ///
    /// - Throws: `AlreadyExists`, `Invalid` (422, with causes), `NotFound` for a missing namespace.
    func create(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult

    /// Replaces an object, or with a subresource only that part of it. With `metadata.resourceVersion` in it, only
    /// that version; with `metadata.uid`, only that object.
    ///
    /// - Throws: `NotFound`, `Conflict` (409), `Invalid`.
    func update(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult

    /// - Throws: as ``update(_:_:_:)``; `BadRequest` for a patch that does not fit; `Conflict` with its causes for a
    ///   server-side apply of fields that another manager owns.
    func patch(
        _ kind: ResourceKind, _ key: ObjectKey, _ patch: Patch, _ options: WriteOptions
    ) async throws -> WriteResult

    /// Removes an object, or marks it when finalizers hold it. One that cannot be read goes at once.
    ///
    /// - Throws: `NotFound`, `Conflict` when a precondition does not hold.
    func delete(_ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> DeleteResult

    /// The recorded driver calls, made or about to be made, whose outcome no object shows yet.
    func intents() async throws -> [StoredIntent]

    /// The intent for a volume; `nil` when there is none.
    func intent(for volume: String) async throws -> StoredIntent?

    /// Changes the list of intents alone; ``WriteOptions/intent`` changes it with an object. Returns when it is durable.
    func change(_ intent: IntentChange) async throws
}

public struct ObjectList: Sendable {
    public var items: [StoredObject]
    /// Watch from here to see what came after this list.
    public var resourceVersion: UInt64
    /// Set when `limit` left some out.
    public var continueToken: String?
    public var remainingItemCount: Int?

    public init(
        items: [StoredObject], resourceVersion: UInt64, continueToken: String? = nil, remainingItemCount: Int? = nil
    ) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remainingItemCount
    }
}

public struct ListOptions: Sendable {
    /// `nil`: all namespaces.
    public var namespace: String?
    public var labelSelector: LabelSelector
    public var fieldSelector: FieldSelector
    public var limit: Int?
    public var continueToken: String?

    public init(
        namespace: String? = nil, labelSelector: LabelSelector = .everything,
        fieldSelector: FieldSelector = .everything, limit: Int? = nil, continueToken: String? = nil
    ) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.limit = limit
        self.continueToken = continueToken
    }
}

public struct WatchOptions: Sendable {
    public var namespace: String?
    public var labelSelector: LabelSelector
    public var fieldSelector: FieldSelector
    /// Changes after this version; `nil`: what there is now as `added`, then what changes.
    public var resourceVersion: UInt64?
    /// Send a bookmark now and then, so that the reader knows a recent version even when nothing it sees changes.
    public var bookmarks: Bool

    public init(
        namespace: String? = nil, labelSelector: LabelSelector = .everything,
        fieldSelector: FieldSelector = .everything, resourceVersion: UInt64? = nil, bookmarks: Bool = false
    ) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.resourceVersion = resourceVersion
        self.bookmarks = bookmarks
    }
}

public struct WriteOptions: Sendable {
    /// Who writes, for `metadata.managedFields`; `nil`: not tracked (Berth's own controllers).
    public var fieldManager: String?
    /// `status` to write only `.status`; `nil` to write the rest.
    public var subresource: String?
    /// Check everything, store nothing.
    public var isDryRun: Bool
    /// What happens to unknown fields that a patch brings in; the body of a create or an update is checked before.
    public var fieldValidation: FieldValidation
    /// The host itself writes: it alone may write what is reserved to it (``ReservedNames``). No request over HTTP sets
    /// this.
    public var isHost: Bool
    /// Changed in the same commit as the object, by a create or an update. Not in a dry run.
    public var intent: IntentChange?

    public init(
        fieldManager: String? = nil, subresource: String? = nil, isDryRun: Bool = false,
        fieldValidation: FieldValidation = .warn, isHost: Bool = false, intent: IntentChange? = nil
    ) {
        self.fieldManager = fieldManager
        self.subresource = subresource
        self.isDryRun = isDryRun
        self.fieldValidation = fieldValidation
        self.isHost = isHost
        self.intent = intent
    }
}

public struct DeleteOptions: Sendable {
    public var uid: String?
    public var resourceVersion: UInt64?
    public var isDryRun: Bool

    public init(uid: String? = nil, resourceVersion: UInt64? = nil, isDryRun: Bool = false) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.isDryRun = isDryRun
    }
}

public struct WriteResult: Sendable {
    public var object: StoredObject
    /// For people: the API sends them as `Warning` headers, `kubectl` prints them.
    public var warnings: [String]
    /// A server-side apply made the object.
    public var isCreated: Bool

    public init(object: StoredObject, warnings: [String] = [], isCreated: Bool = false) {
        self.object = object
        self.warnings = warnings
        self.isCreated = isCreated
    }
}

public enum DeleteResult: Sendable {
    /// Gone; the last state it had.
    case removed(StoredObject)
    /// Finalizers hold it; `metadata.deletionTimestamp` is set.
    case marked(StoredObject)
    /// Gone although it could not be read; its name and little more. The warnings are for people.
    case discarded(StoredObject, warnings: [String])
}

/// A change to an object, of one of the four kinds that Kubernetes knows.
public enum Patch: Sendable {
    /// RFC 6902.
    case json(JSONValue)
    /// RFC 7386.
    case merge(JSONValue)
    /// `application/strategic-merge-patch+json`.
    case strategicMerge(JSONValue)
    /// `application/apply-patch+yaml`: server-side apply; `force` takes fields from other managers.
    case apply(JSONValue, force: Bool)
}
