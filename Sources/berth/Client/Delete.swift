import ArgumentParser
import KubernetesAPI
import KubernetesClient

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete objects, and wait until they are gone.",
        discussion: """
            EXAMPLES
              berth delete pvc data
              berth delete -f Examples/quickstart.yaml
              berth delete pvc --all -n staging --no-wait
            """)

    @Argument(help: "KIND NAME… or KIND/NAME…") var resources: [String] = []
    @Option(name: [.customShort("f"), .long], help: "Delete what these files name.") var filename: [String] = []
    @Flag(help: "All objects of the kind in the namespace.") var all = false
    @Flag(help: "No error when an object is not there.") var ignoreNotFound = false
    @Flag(inversion: .prefixedNo, help: "Wait until the objects are gone.") var wait = true
    @Option(help: "How long to wait, in seconds.") var timeout = 120
    @OptionGroup var scope: NamespaceOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard resources.isEmpty != filename.isEmpty else {
            throw ValidationError("name what to delete: KIND NAME…, or -f FILE")
        }
    }

    func run() async throws {
        try await connection.connect { connection in
            let client = ClusterClient(connection)
            let targets = try await targets(client, connection)
            if targets.isEmpty { Output.error("No resources found.") }
            for (kind, key) in targets {
                do {
                    let result = try await client.delete(kind, key, DeleteOptions())
                    Output.line("\(kind.singular) \"\(key.name)\" deleted")
                    if case .discarded(_, let warnings) = result {
                        for warning in warnings { Output.error("Warning: \(warning)") }
                    }
                    if wait, case .marked(let object) = result {
                        try await ObjectWaiting(client: client, timeout: .seconds(timeout))
                            .untilGone(kind, key, uid: object.uid, after: object.resourceVersion)
                    }
                } catch let error as StatusError where error.reason == .notFound && ignoreNotFound {
                    continue
                }
            }
        }
    }

    private func targets(
        _ client: ClusterClient, _ connection: APIConnection
    ) async throws -> [(ResourceKind, ObjectKey)] {
        let namespace = scope.resolve(connection)
        guard filename.isEmpty else {
            // What was made last may stand on what was made first.
            return try Manifests.read(filename).reversed().map { entry in
                var key = StoredObject(kind: entry.kind, object: entry.object).key
                if entry.kind.isNamespaced, key.namespace == nil { key.namespace = namespace }
                return (entry.kind, key)
            }
        }
        let argument = try ResourceArgument(resources)
        guard argument.names.isEmpty else {
            return argument.kinds.flatMap { kind in
                argument.names.map { (kind, ObjectKey(namespace: kind.isNamespaced ? namespace : nil, name: $0)) }
            }
        }
        guard all else { throw ValidationError("name the objects to delete, or say --all") }
        var found: [(ResourceKind, ObjectKey)] = []
        for kind in argument.kinds {
            let list = try await client.list(kind, ListOptions(namespace: kind.isNamespaced ? namespace : nil))
            found += list.items.map { (kind, $0.key) }
        }
        return found
    }
}
