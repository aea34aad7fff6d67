import ArgumentParser
import JSONTree
import KubernetesAPI
import KubernetesClient

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case wide, yaml, json, name
}

struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show objects.",
        discussion: """
            EXAMPLES
              berth get pvc -A
              berth get pv pvc-6f1a… -o yaml
              berth get storageclasses,pv
              berth get pvc -l app=web -w
            """)

    static let tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    @Argument(help: "KIND [NAME…] or KIND/NAME…") var resources: [String]
    @Flag(name: [.customShort("A"), .long], help: "Of all namespaces.") var allNamespaces = false
    @Option(name: [.customShort("l"), .customLong("selector")], help: "Labels that the objects have, as a=b,c!=d.")
    var selector: String?
    @Option(help: "Fields that the objects have, as metadata.name=x.") var fieldSelector: String?
    @Option(name: .shortAndLong, help: "wide, yaml, json or name; default: a table.") var output: OutputFormat?
    @Flag(name: .shortAndLong, help: "Go on and show changes.") var watch = false
    @OptionGroup var scope: NamespaceOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let argument = try ResourceArgument(resources)
        if watch, argument.kinds.count > 1 {
            throw ValidationError("--watch follows one kind; \(argument.kinds.count) are named")
        }
        try await connection.connect { connection in
            for (position, kind) in argument.kinds.enumerated() {
                if position > 0 { Output.line("") }
                if watch {
                    try await follow(kind, argument.names, connection)
                } else if argument.names.isEmpty {
                    try await show(list(kind, connection).text, kind, connection)
                } else {
                    for name in argument.names {
                        let key = ObjectKey(namespace: scope.resolve(connection), name: name)
                        try await show(ResourcePath.object(kind, key), kind, connection)
                    }
                }
            }
        }
    }

    private func list(_ kind: ResourceKind, _ connection: APIConnection) -> ResourcePath {
        var path = ResourcePath.collection(kind, namespace: allNamespaces ? nil : scope.resolve(connection))
        path.add("labelSelector", selector)
        path.add("fieldSelector", fieldSelector)
        return path
    }

    private func show(_ path: String, _ kind: ResourceKind, _ connection: APIConnection) async throws {
        switch output {
        case nil, .wide:
            let answer = try await connection.send("GET", path, accept: Self.tableType)
            var table = TableText(isWide: output == .wide, showsNamespace: allNamespaces && kind.isNamespaced)
            table.add(table: answer.body)
            if table.isEmpty {
                let place = allNamespaces || !kind.isNamespaced ? "" : " in \(scope.resolve(connection)) namespace"
                Output.error("No resources found\(place).")
            } else {
                table.lines().forEach(Output.line)
            }
        case .yaml:
            Output.line(ManifestEncoder.encode(try await connection.send("GET", path).body))
        case .json:
            Output.line(try await connection.send("GET", path).body.prettyPrinted())
        case .name:
            let body = try await connection.send("GET", path).body
            for object in body["items"]?.arrayValue ?? [body] {
                let group = kind.group.isEmpty ? "" : ".\(kind.group)"
                Output.line("\(kind.singular)\(group)/\(object.at("metadata", "name")?.stringValue ?? "")")
            }
        }
    }

    /// Shows what there is, then each change as a row; ends when the server does, or with Ctrl-C.
    private func follow(_ kind: ResourceKind, _ names: [String], _ connection: APIConnection) async throws {
        guard names.count < 2 else { throw ValidationError("--watch follows all objects of a kind, or one") }
        var path = list(kind, connection)
        if let name = names.first { path.add("fieldSelector", "metadata.name=\(name)") }
        path.add("watch", "true")
        let isTable = output == nil || output == .wide
        var table = TableText(isWide: output == .wide, showsNamespace: allNamespaces && kind.isNamespaced)
        var printsHeadings = true
        for try await line in try await connection.lines(
            path.text, accept: isTable ? Self.tableType : "application/json")
        {
            let object = line["object"] ?? .null
            if line["type"] == "ERROR" {
                throw StatusError(status: object) ?? StatusError.internalError("the watch ended without a Status")
            }
            switch output {
            case nil, .wide:
                table.removeRows()
                table.add(table: object)
                table.lines(withHeadings: printsHeadings).forEach(Output.line)
                printsHeadings = false
            case .json: Output.line(object.prettyPrinted())
            case .yaml: Output.line("---\n" + ManifestEncoder.encode(object))
            case .name: Output.line("\(kind.singular)/\(object.at("metadata", "name")?.stringValue ?? "")")
            }
        }
    }
}
