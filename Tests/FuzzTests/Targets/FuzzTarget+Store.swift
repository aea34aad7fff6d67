import JSONTree
import Logging
import TestSupport

@testable import APIServer
@testable import KubernetesAPI
@testable import ObjectStore

/// The whole write path: a real store in a directory of its own, and requests as the bytes choose them, one after the
/// other. At the end everything is listed, shown as a table, and read again from disk.
extension FuzzTarget {
    static let store = FuzzTarget(
        "store",
        asynchronous: { bytes in
            try await withTemporaryDirectory { directory in
                let before = try await withStore(at: directory) { store in
                    var requests = RandomRequests(ByteStream(bytes))
                    for _ in 0..<32 where !requests.isAtEnd { try await requests.sendNext(to: store) }
                    return try await state(of: store)
                }
                let after = try await withStore(at: directory) { try await state(of: $0) }
                try require(before == after, "the store is another after its restart")
            }
        })

    /// Opens the store of a directory for `body`, and closes it in order.
    static func withStore<Value>(
        at directory: String, _ body: (ObjectStore) async throws -> Value
    ) async throws -> Value {
        let store = try await ObjectStore.open(
            directory: directory, logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        let result: Value
        do {
            result = try await body(store)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        return result
    }

    /// Every object as the API gives it, after it has been through all that reads objects.
    static func state(of store: ObjectStore) async throws -> [[UInt8]] {
        var objects: [[UInt8]] = []
        for kind in ResourceKind.all {
            let table = Table(kind, version: "v1", include: .metadata)
            for object in try await store.list(kind, ListOptions()).items {
                objects.append(object.encoded)
                _ = table.row(object.decoded(), now: Timestamp(seconds: 1_770_000_000))
            }
        }
        return objects
    }
}

/// Chooses requests: few names and namespaces, so that they meet one another's objects.
private struct RandomRequests {
    private var choices: ByteStream
    private static let names = ["a", "b", "A", "a.b", "", "default"]

    init(_ choices: ByteStream) { self.choices = choices }

    var isAtEnd: Bool { choices.isAtEnd }

    mutating func sendNext(to store: ObjectStore) async throws {
        let kind = choices.pick(ResourceKind.all)
        let name = choices.pick(["a", "a", "a", choices.pick(Self.names)])
        let namespace = choices.chance(of: 8) ? "other" : "default"
        let key = ObjectKey(namespace: kind.isNamespaced ? namespace : nil, name: name)
        do {
            switch choices.below(8) {
            case 0, 1: try await create(kind, name, namespace, store)
            case 2: try await update(kind, key, store)
            case 3:
                let options = DeleteOptions(isDryRun: choices.chance(of: 8))
                _ = try await store.delete(kind, key, options)
            default: try await patch(kind, key, store)
            }
        } catch let error as StatusError {
            try require((400..<500).contains(error.code), "a request was answered \(error.code): \(error.message)")
        }
    }

    private mutating func options(_ kind: ResourceKind) -> WriteOptions {
        WriteOptions(
            fieldManager: choices.pick(["kubectl", "edit", nil, "third"]),
            subresource: kind.hasStatus && choices.chance(of: 4) ? "status" : nil, isDryRun: choices.chance(of: 16),
            fieldValidation: choices.pick([.warn, .ignore, .strict]))
    }

    private mutating func create(
        _ kind: ResourceKind, _ name: String, _ namespace: String, _ store: ObjectStore
    ) async throws {
        var object = StoredSeeds.manifest(kind, name: name, namespace: namespace)
        if choices.chance(of: 2) { object = choices.mangled(object) }
        var options = options(kind)
        options.subresource = nil
        _ = try await store.create(kind, try decoded(object, kind, options), options)
    }

    private mutating func update(_ kind: ResourceKind, _ key: ObjectKey, _ store: ObjectStore) async throws {
        var object = try await store.get(kind, key).decoded()
        for _ in 0...choices.below(3) { object = choices.mangled(object) }
        let options = options(kind)
        _ = try await store.update(kind, try decoded(object, kind, options), options)
    }

    private func decoded(
        _ object: JSONValue, _ kind: ResourceKind, _ options: WriteOptions
    ) throws(StatusError) -> JSONValue {
        try StrictDecoding.decode(object, as: kind, validation: options.fieldValidation).object
    }

    private mutating func patch(_ kind: ResourceKind, _ key: ObjectKey, _ store: ObjectStore) async throws {
        let current = (try? await store.get(kind, key))?.decoded() ?? StoredSeeds.manifest(kind, name: key.name)
        var options = options(kind)
        let patch: Patch
        switch choices.below(5) {
        case 0: patch = .json(operations(on: current))
        case 1: patch = .merge(part(of: current))
        case 2: patch = .strategicMerge(part(of: current))
        default:
            var configuration = part(of: current)
            configuration["apiVersion"] = .string(kind.apiVersion)
            configuration["kind"] = .string(kind.kind)
            if configuration["metadata"]?.objectValue != nil {
                configuration.set(nil, at: "metadata", "managedFields")
            }
            options.fieldManager = options.fieldManager ?? "kubectl"
            patch = .apply(configuration, force: choices.chance(of: 2))
        }
        _ = try await store.patch(kind, key, patch, options)
    }

    /// Some of an object's members, changed.
    private mutating func part(of object: JSONValue) -> JSONValue {
        guard case .object(var members) = object else { return [:] }
        for key in members.keys where choices.chance(of: 3) { members[key] = nil }
        return choices.mangled(.object(members))
    }

    private mutating func operations(on object: JSONValue) -> JSONValue {
        .array(
            (0...choices.below(4)).map { _ in
                let path = JSONValue.string(pointer(into: object))
                switch choices.below(7) {
                case 0: return ["op": "remove", "path": path]
                case 1: return ["op": "replace", "path": path, "value": choices.value()]
                case 2: return ["op": "copy", "from": path, "path": .string(pointer(into: object))]
                case 3: return ["op": "move", "from": path, "path": .string(pointer(into: object))]
                case 4: return ["op": "test", "path": path, "value": choices.value()]
                case 5: return ["op": "add", "path": path, "value": choices.nested()]
                default: return ["op": "add", "path": path, "value": choices.value()]
                }
            })
    }

    private mutating func pointer(into object: JSONValue) -> String {
        var path = ""
        var value = object
        for _ in 0..<choices.below(8) {
            switch value {
            case .object(let members) where !members.isEmpty:
                let member = members[choices.below(members.count)]
                path += "/" + member.key.replacing("~", with: "~0").replacing("/", with: "~1")
                value = member.value
            case .array(let elements) where !elements.isEmpty:
                let position = choices.below(elements.count)
                path += "/\(position)"
                value = elements[position]
            default: return path + choices.pick(["", "/-", "/x", "/0", "/18446744073709551616", "/~"])
            }
        }
        return path
    }
}
