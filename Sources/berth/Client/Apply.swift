import ArgumentParser
import JSONTree
import KubernetesAPI
import KubernetesClient

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create or change objects so that they are as the files say (server-side apply).",
        discussion: """
            EXAMPLES
              berth apply -f Examples/quickstart.yaml
              berth apply -f manifests/ -n staging
              cat claim.yaml | berth apply -f -
            """)

    @Option(
        name: [.customShort("f"), .long],
        help: "A file, a folder of .yaml, .yml and .json files, or - for standard input.")
    var filename: [String]
    @Flag(help: "Take fields that another manager owns.") var forceConflicts = false
    @Flag(help: "Let the server check everything, and store nothing.") var dryRun = false
    @Flag(help: "Then wait until each claim among them is Bound, and say where its volume is.") var wait = false
    @Option(help: "How long to wait for a claim, in seconds.") var timeout = 60
    @OptionGroup var scope: NamespaceOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let entries = try Manifests.read(filename)
        try await connection.connect { connection in
            let client = ClusterClient(connection)
            var claims: [StoredObject] = []
            for var entry in entries {
                let stated = entry.object.at("metadata", "namespace")?.stringValue
                if entry.kind.isNamespaced, stated == nil {
                    entry.object.set(.string(scope.resolve(connection)), at: "metadata", "namespace")
                }
                let key = StoredObject(kind: entry.kind, object: entry.object).key
                guard !key.name.isEmpty else {
                    throw CommandFailure("\(entry.source): a \(entry.kind.kind) has no metadata.name")
                }
                let before = try await existing(entry.kind, key, client)
                let result = try await client.patch(
                    entry.kind, key, .apply(entry.object, force: forceConflicts),
                    WriteOptions(fieldManager: "berth", isDryRun: dryRun))
                Output.warnings(result.warnings)
                Output.line("\(entry.kind.singular)/\(key.name) \(verb(before, result))\(dryRun ? " (dry run)" : "")")
                if entry.kind == .persistentVolumeClaim { claims.append(result.object) }
            }
            guard wait, !dryRun else { return }
            for claim in claims {
                Output.line(try await ClaimWaiting(client: client, timeout: .seconds(timeout)).untilBound(claim))
            }
        }
    }

    private func existing(_ kind: ResourceKind, _ key: ObjectKey, _ client: ClusterClient) async throws -> StoredObject?
    {
        do {
            return try await client.get(kind, key)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }

    private func verb(_ before: StoredObject?, _ result: WriteResult) -> String {
        guard let before else { return "created" }
        return before.resourceVersion == result.object.resourceVersion ? "unchanged" : "configured"
    }
}
