public import JSONTree
public import KubernetesAPI

/// The ``ResourceClient`` of an API server over HTTP: Berth's own, or a cluster's.
public struct ClusterClient: ResourceClient {
    private let connection: APIConnection

    public init(_ connection: APIConnection) {
        self.connection = connection
    }

    public func get(_ kind: ResourceKind, _ key: ObjectKey) async throws -> StoredObject {
        let answer = try await connection.send("GET", ResourcePath.object(kind, key))
        return StoredObject(kind: kind, object: answer.body)
    }

    public func list(_ kind: ResourceKind, _ options: ListOptions) async throws -> ObjectList {
        var path = ResourcePath.collection(kind, namespace: options.namespace)
        path.add("labelSelector", options.labelSelector.text)
        path.add("fieldSelector", options.fieldSelector.text)
        path.add("limit", options.limit.map(String.init))
        path.add("continue", options.continueToken)
        let body = try await connection.send("GET", path.text).body
        let metadata = body["metadata"]
        return ObjectList(
            items: (body["items"]?.arrayValue ?? []).map { item in
                // Kubernetes leaves these two out of a list's items.
                var item = item
                item["apiVersion"] = .string(kind.apiVersion)
                item["kind"] = .string(kind.kind)
                return StoredObject(kind: kind, object: item)
            },
            resourceVersion: metadata?["resourceVersion"]?.stringValue.flatMap { UInt64($0) } ?? 0,
            continueToken: metadata?["continue"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
            remainingItemCount: metadata?["remainingItemCount"]?.integerValue.map { Int($0) })
    }

    public func watch(_ kind: ResourceKind, _ options: WatchOptions) async throws -> WatchStream {
        var path = ResourcePath.collection(kind, namespace: options.namespace)
        path.add("watch", "true")
        path.add("labelSelector", options.labelSelector.text)
        path.add("fieldSelector", options.fieldSelector.text)
        path.add("resourceVersion", options.resourceVersion.map { String($0) })
        path.add("allowWatchBookmarks", options.bookmarks ? "true" : nil)
        return WatchStream(try await connection.lines(path.text).map { [try Self.event(kind, $0)] })
    }

    public func create(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult {
        let namespace = kind.isNamespaced ? object.at("metadata", "namespace")?.stringValue : nil
        let path = ResourcePath.collection(kind, namespace: namespace)
        return try await write("POST", path, kind, object, "application/json", options)
    }

    public func update(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult {
        let key = StoredObject(kind: kind, object: object).key
        let path = ResourcePath(kind, key, subresource: options.subresource)
        return try await write("PUT", path, kind, object, "application/json", options)
    }

    public func patch(
        _ kind: ResourceKind, _ key: ObjectKey, _ patch: Patch, _ options: WriteOptions
    ) async throws -> WriteResult {
        var path = ResourcePath(kind, key, subresource: options.subresource)
        switch patch {
        case .json(let body): return try await write("PATCH", path, kind, body, "application/json-patch+json", options)
        case .merge(let body):
            return try await write("PATCH", path, kind, body, "application/merge-patch+json", options)
        case .strategicMerge(let body):
            return try await write("PATCH", path, kind, body, "application/strategic-merge-patch+json", options)
        case .apply(let body, let force):
            path.add("force", force ? "true" : nil)
            return try await write("PATCH", path, kind, body, "application/apply-patch+yaml", options)
        }
    }

    public func delete(_ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> DeleteResult {
        var preconditions: JSONObject = [:]
        if let uid = options.uid { preconditions["uid"] = .string(uid) }
        if let version = options.resourceVersion { preconditions["resourceVersion"] = .string(String(version)) }
        var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"]
        if !preconditions.isEmpty { body["preconditions"] = .object(preconditions) }
        var path = ResourcePath(kind, key, subresource: nil)
        path.add("dryRun", options.isDryRun ? "All" : nil)
        let before: StoredObject?
        do {
            before = try await get(kind, key)
        } catch let error as StatusError where error.reason == .internalError {
            // What the server cannot read it can still delete.
            before = nil
        }
        let answer = try await connection.send("DELETE", path.text, body: body)
        if answer.body["kind"]?.stringValue == kind.kind {
            return .marked(StoredObject(kind: kind, object: answer.body))
        }
        if let before { return .removed(before) }
        var metadata: JSONValue = ["name": .string(key.name)]
        if let namespace = key.namespace { metadata["namespace"] = .string(namespace) }
        return .discarded(StoredObject(kind: kind, object: ["metadata": metadata]), warnings: answer.warnings)
    }

    // What a driver is about to be asked has to be where tenants cannot write, and must change with an object in one
    // step, which no API server offers for two objects. On a real cluster it will be an object in Berth's own namespace,
    // one for each claim under way: written before the claim's finalizer, removed after the PersistentVolume is there,
    // so that a crash in between leaves an intent too many and never one too few. Until that is here nothing is said to
    // be recorded that is not.

    public func intents() async throws -> [StoredIntent] { throw StatusError.noIntents }

    public func intent(for volume: String) async throws -> StoredIntent? { throw StatusError.noIntents }

    public func change(_ intent: IntentChange) async throws { throw StatusError.noIntents }

    private func write(
        _ method: String, _ path: ResourcePath, _ kind: ResourceKind, _ body: JSONValue, _ contentType: String,
        _ options: WriteOptions
    ) async throws -> WriteResult {
        guard options.intent == nil else { throw StatusError.noIntents }
        var path = path
        path.add("fieldManager", options.fieldManager)
        path.add("dryRun", options.isDryRun ? "All" : nil)
        path.add("fieldValidation", "Strict")
        let answer = try await connection.send(method, path.text, body: body, contentType: contentType)
        return WriteResult(
            object: StoredObject(kind: kind, object: answer.body), warnings: answer.warnings,
            isCreated: answer.code == 201)
    }

    private static func event(_ kind: ResourceKind, _ line: JSONValue) throws -> WatchEvent {
        let object = line["object"] ?? .null
        if line["type"]?.stringValue == "ERROR" {
            throw StatusError(status: object) ?? StatusError.internalError("a watch ended without a Status")
        }
        guard let change = WatchEvent.Change(rawValue: line["type"]?.stringValue ?? "") else {
            throw ClientError(
                code: .badAnswer,
                message: "a watch of \(kind) brought an event of the unknown type \(line["type"] ?? .null)")
        }
        return WatchEvent(change, StoredObject(kind: kind, object: object))
    }
}

extension StatusError {
    fileprivate static let noIntents = StatusError(
        code: 501, reason: StatusError.Reason(rawValue: "NotImplemented"),
        message:
            "cannot provision volumes: this client has no place to record provisioning intents. Run `berth serve`, "
            + "which has its own store")
}
