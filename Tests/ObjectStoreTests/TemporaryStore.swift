import Foundation
import GRDB
import JSONTree
import KubernetesAPI
import Logging
import Synchronization

@testable import ObjectStore

/// Runs `body` with a store in a directory of its own, and removes both.
func withStore(
    _ configuration: ObjectStore.Configuration = ObjectStore.Configuration(),
    _ body: (ObjectStore) async throws -> Void
) async throws {
    try await withDirectory { directory in
        try await withStore(at: directory, configuration, body)
    }
}

/// Opens the store of a directory for `body`, and closes it in order.
@discardableResult
func withStore<Result>(
    at directory: String, _ configuration: ObjectStore.Configuration = ObjectStore.Configuration(),
    _ body: (ObjectStore) async throws -> Result
) async throws -> Result {
    let store = try await ObjectStore.open(
        directory: directory, configuration: configuration, logger: .silent)
    let result: Result
    do {
        result = try await body(store)
    } catch {
        try await store.close()
        throw error
    }
    try await store.close()
    return result
}

/// Changes the database of a store that is closed, as damage or an older Berth would have left it.
func withDatabase<Result>(at directory: String, _ body: (Database) throws -> Result) throws -> Result {
    let queue = try DatabaseQueue(path: directory + "/berth.db")
    let result = try queue.writeWithoutTransaction(body)
    try queue.close()
    return result
}

/// Overwrites bytes of a file in place.
func overwrite(_ path: String, at offset: UInt64, with bytes: [UInt8]) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
}

func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let directory = NSTemporaryDirectory() + "berth-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await body(directory)
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension JSONValue {
    static func configMap(
        _ name: String, namespace: String = "default", labels: [String: String] = [:], data: [String: String] = [:],
        finalizers: [String] = []
    ) -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
        ]
        if !labels.isEmpty { object.set(JSONValue(labels), at: "metadata", "labels") }
        if !finalizers.isEmpty { object.set(JSONValue(finalizers), at: "metadata", "finalizers") }
        if !data.isEmpty { object["data"] = JSONValue(data) }
        return object
    }

    static func claim(_ name: String, namespace: String = "default", size: String = "1Gi") -> JSONValue {
        [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(size)]],
                "storageClassName": "standard",
            ],
        ]
    }

    static func namespace(_ name: String) -> JSONValue {
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
    }
}

extension ObjectStore {
    @discardableResult
    func create(_ kind: ResourceKind, _ object: JSONValue) async throws -> StoredObject {
        try await create(kind, object, WriteOptions()).object
    }

    @discardableResult
    func update(_ kind: ResourceKind, _ object: JSONValue, subresource: String? = nil) async throws -> StoredObject {
        try await update(kind, object, WriteOptions(subresource: subresource)).object
    }

    @discardableResult
    func delete(_ kind: ResourceKind, _ name: String, namespace: String? = "default") async throws -> DeleteResult {
        try await delete(
            kind, ObjectKey(namespace: kind.isNamespaced ? namespace : nil, name: name), DeleteOptions())
    }

    func get(_ kind: ResourceKind, _ name: String, namespace: String? = "default") async throws -> StoredObject {
        try await get(kind, ObjectKey(namespace: kind.isNamespaced ? namespace : nil, name: name))
    }
}

/// What the API said against it; `nil` when it did not.
func statusError(of body: () async throws -> some Any) async throws -> StatusError? {
    do {
        _ = try await body()
        return nil
    } catch let error as StatusError {
        return error
    }
}

/// Reads batches until `count` events are there.
func collect(_ count: Int, from stream: WatchStream) async throws -> [WatchEvent] {
    var events: [WatchEvent] = []
    for try await batch in stream {
        events += batch
        if events.count >= count { break }
    }
    return events
}

/// Runs the store's loops beside `body`.
func running(_ store: ObjectStore, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await store.run() }
        try await body()
        group.cancelAll()
    }
}
