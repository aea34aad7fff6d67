import ArgumentParser
import JSONTree
import KubernetesAPI
import KubernetesClient

struct Orphans: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List volumes that may exist although no object refers to them.",
        subcommands: [OrphansList.self, OrphansForget.self], defaultSubcommand: OrphansList.self)
}

struct OrphansList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List volumes that may exist although no object refers to them.",
        discussion: """
            FOUND shows how the server found the volume:
              intent   a driver was asked to create it, the outcome is unknown, and its claim or driver is gone; the \
            server keeps trying to delete it by name
              claim    an older Berth asked a driver to create it, and the claim's class is gone
              volume   a driver lists it with this host's mark, and no object refers to it

            Drivers that could not be asked for their volumes are named on standard error. Nothing is changed.

            EXAMPLES
              berth orphans
              berth orphans -o json
            """)

    @Option(name: .shortAndLong, help: "json or yaml; default: a table.") var output: DocumentFormat?
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let report = try await connection.connect(timeout: .seconds(300)) {
            try await $0.send("GET", "/berth/v1/orphans").body
        }
        if let output { return Output.document(report, as: output) }
        for driver in report["unasked"]?.arrayValue ?? [] {
            Output.error(
                "Warning: the volumes of driver \(driver["driver"]?.stringValue ?? "") are not known: "
                    + "\(driver["reason"]?.stringValue ?? "")")
        }
        let orphans = report["orphans"]?.arrayValue ?? []
        guard !orphans.isEmpty else { return Output.error("No orphans found.") }
        let headings = ["VOLUME", "FOUND", "DRIVER", "CLAIM", "AGE", "REASON"]
        TableText(headings: headings, rows: orphans.map(Self.row)).lines().forEach(Output.line)
    }

    private static func row(_ orphan: JSONValue) -> [String] {
        let claim = orphan["claim"].map { claim in
            "\(claim["namespace"]?.stringValue ?? "")/\(claim["name"]?.stringValue ?? "")"
        }
        let since = (orphan["since"]?.stringValue).flatMap { Timestamp($0) }
        return [
            orphan["volume"]?.stringValue ?? "", orphan["found"]?.stringValue ?? "",
            orphan["driver"]?.stringValue ?? "-", claim ?? "-",
            since.map { Duration.seconds(Timestamp.now.seconds - $0.seconds).humanAge } ?? "-",
            orphan["reason"]?.stringValue ?? "",
        ]
    }
}

struct OrphansForget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Give up an orphan that the server cannot settle.",
        discussion: """
            Use this for an orphan found as intent or claim whose driver or class will not come back. First make sure that \
            the volume does not exist, or delete it by hand: nothing refers to it afterwards. A claim that waited for it is \
            released or provisioned again.

            EXAMPLES
              berth orphans forget pvc-e526fb8d-49a6-48cc-8c10-41ce329268f6
            """)

    @Argument(help: "The volume's name, as berth orphans shows it.") var volume: String
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let argument: JSONValue = ["volume": .string(volume)]
        _ = try await connection.connect { try await $0.send("POST", "/berth/v1/forget", body: argument) }
        Output.line("\(volume) forgotten")
    }
}
