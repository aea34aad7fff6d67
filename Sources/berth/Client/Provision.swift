import ArgumentParser
import JSONTree
import KubernetesAPI
import KubernetesClient

struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Claim a volume of a StorageClass.",
        discussion: """
            Makes a PersistentVolumeClaim. With --wait, says where the volume is once the claim is Bound; if it is not in \
            time, says why, in the driver's own words. With --dry-run, says whether a volume would be made, how large and \
            where, and makes nothing; exit status 1 where this claim of this class never would be.

            EXAMPLES
              berth provision --class berth-hostpath --size 8Gi --wait
              berth provision --class berth-hostpath --size 8Gi --dry-run
              berth provision --class standard --size 8Gi --name data -n web --access-mode ReadWriteOnce
            """)

    @Option(name: .customLong("class"), help: "The StorageClass; default: the default one.") var storageClass: String?
    @Option(help: "How much, as 8Gi or 500M.") var size: String
    @Option(help: "The claim's name; default: claim- and five characters.") var name: String?
    @Option(help: "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod; may be given several times.")
    var accessMode: [String] = []
    @Option(help: "Filesystem or Block.") var volumeMode: String?
    @Flag(help: "Wait until the claim is Bound.") var wait = false
    @Flag(help: "Only ask what would become of the claim.") var dryRun = false
    @Option(help: "How long to wait, in seconds.") var timeout = 60
    @OptionGroup var scope: NamespaceOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if wait, dryRun {
            throw ValidationError("--wait and --dry-run exclude each other: nothing is made to wait for.")
        }
    }

    func run() async throws {
        try await connection.connect { connection in
            let client = ClusterClient(connection)
            let created = try await client.create(
                .persistentVolumeClaim, claim(namespace: scope.resolve(connection)),
                WriteOptions(fieldManager: "berth-provision", isDryRun: dryRun))
            guard !dryRun else {
                // Here the answer is what was asked for, not a warning beside it.
                for answer in created.warnings { Output.line(answer) }
                return
            }
            Output.warnings(created.warnings)
            Output.line("persistentvolumeclaim/\(created.object.key.name) created")
            guard wait else { return }
            Output.line(try await ClaimWaiting(client: client, timeout: .seconds(timeout)).untilBound(created.object))
        }
    }

    private func claim(namespace: String) -> JSONValue {
        var metadata: JSONObject = ["namespace": .string(namespace)]
        if let name { metadata["name"] = .string(name) } else { metadata["generateName"] = "claim-" }
        var spec: JSONObject = [
            "accessModes": JSONValue(accessMode.isEmpty ? ["ReadWriteOnce"] : accessMode),
            "resources": ["requests": ["storage": .string(size)]],
        ]
        if let storageClass { spec["storageClassName"] = .string(storageClass) }
        if let volumeMode { spec["volumeMode"] = .string(volumeMode) }
        return [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": .object(metadata), "spec": .object(spec),
        ]
    }
}
