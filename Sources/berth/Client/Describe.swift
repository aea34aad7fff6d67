import ArgumentParser
import JSONTree
import KubernetesAPI
import KubernetesClient

struct Describe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show an object and what happened to it.",
        discussion: """
            EXAMPLES
              berth describe pvc data
              berth describe sc/berth-hostpath
            """)

    @Argument(help: "KIND NAME… or KIND/NAME…; without names, all of the kind") var resources: [String]
    @OptionGroup var scope: NamespaceOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let argument = try ResourceArgument(resources)
        try await connection.connect { connection in
            let client = ClusterClient(connection)
            let namespace = scope.resolve(connection)
            var isFirst = true
            for kind in argument.kinds {
                let place = kind.isNamespaced ? namespace : nil
                var objects: [StoredObject] = []
                if argument.names.isEmpty {
                    objects = try await client.list(kind, ListOptions(namespace: place)).items
                }
                for name in argument.names {
                    objects.append(try await client.get(kind, ObjectKey(namespace: place, name: name)))
                }
                for object in objects {
                    if !isFirst { Output.line("") }
                    isFirst = false
                    Output.line(Self.text(kind, object.decoded()))
                    Output.line(try await events(of: object, client))
                }
            }
        }
    }

    /// The fields as YAML, without what only machines read.
    static func text(_ kind: ResourceKind, _ object: JSONValue) -> String {
        var shown: JSONValue = object
        shown.set(nil, at: "metadata", "managedFields")
        shown.set(nil, at: "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
        if kind == .secret, let data = shown["data"]?.objectValue {
            // Like kubectl: how large, never what.
            shown["data"] = .object(
                JSONObject(data.map { ($0.key, .string("\(($0.value.stringValue ?? "").utf8.count * 3 / 4) bytes")) }))
        }
        return ManifestEncoder.encode(shown)
    }

    private func events(of object: StoredObject, _ client: ClusterClient) async throws -> String {
        let selector = FieldSelector(requirements: [
            .init(field: "involvedObject.uid", value: object.uid),
            .init(field: "involvedObject.name", value: object.key.name),
        ])
        let list = try await client.list(
            .event, ListOptions(namespace: object.key.namespace, fieldSelector: selector))
        guard !list.items.isEmpty else { return "Events: none" }
        let now = Timestamp.now
        let events = list.items.map { $0.decoded() }.sorted { Self.time($0) < Self.time($1) }
        let rows = events.map { event in
            [
                event["type"]?.stringValue ?? "", event["reason"]?.stringValue ?? "",
                Timestamp(Self.time(event)).map { $0.humanAge(at: now) } ?? "<unknown>",
                event.at("source", "component")?.stringValue ?? event["reportingComponent"]?.stringValue ?? "",
                (event["message"]?.stringValue ?? "") + Self.count(event),
            ]
        }
        let table = TableText(headings: ["TYPE", "REASON", "AGE", "FROM", "MESSAGE"], rows: rows)
        return "Events:\n" + table.lines().map { "  " + $0 }.joined(separator: "\n")
    }

    private static func time(_ event: JSONValue) -> String {
        event["lastTimestamp"]?.stringValue ?? event["eventTime"]?.stringValue
            ?? event.at("metadata", "creationTimestamp")?.stringValue ?? ""
    }

    private static func count(_ event: JSONValue) -> String {
        let count = event["count"]?.integerValue ?? 1
        return count > 1 ? " (x\(count))" : ""
    }
}
