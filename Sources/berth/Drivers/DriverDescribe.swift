import ArgumentParser
import DriverHost
import JSONTree
import KubernetesAPI
import KubernetesClient

struct DriverDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show what a driver can do, which parameters it takes, how it fares, and who uses it.",
        discussion: """
            Asks the server that runs. Where none does, and for an executable that is not registered, the driver is asked \
            for init alone.

            EXAMPLES
              berth driver describe hostpath
              berth driver describe ./my-driver
              berth driver describe hostpath -o json
            """)

    @Argument(help: "A name in drivers.json, or an executable.") var driver: String
    @Option(name: .shortAndLong, help: "json or yaml; default: text.") var output: DocumentFormat?
    @OptionGroup var file: DriversFileOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var description = try await description()
        description["storageClasses"] = try await storageClasses(of: description).map { classes in
            .array(
                classes.map { storageClass in
                    [
                        "name": .string(storageClass.name), "provisioner": .string(storageClass.provisioner),
                        "isDefault": .bool(storageClass.isDefault), "parameters": JSONValue(storageClass.parameters),
                    ]
                })
        }
        if let output { return Output.document(description, as: output) }
        Output.line(DriverText(driver: description).whole)
    }

    private func description() async throws -> JSONValue {
        guard !driver.contains("/") else { return try await askAlone() }
        let drivers: [JSONValue]
        do {
            drivers = try await connection.connect {
                try await $0.send("GET", "/berth/v1/drivers").body.arrayValue ?? []
            }
        } catch let error as ClientError where error.code != .badAnswer {
            Output.error("berth serve is not running; the driver is asked itself.")
            return try await askAlone()
        }
        guard let found = drivers.first(where: { $0["name"]?.stringValue == driver }) else {
            let names = drivers.compactMap { $0["name"]?.stringValue }
            throw CommandFailure(
                "the server that runs has no driver '\(driver)'"
                    + (names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))")
                    + ". Write ./\(driver) for an executable")
        }
        return found
    }

    private func askAlone() async throws -> JSONValue {
        await DriverReports.ask(try DriverLookup(file: file.path).entry(driver))
    }

    /// - Returns: `nil` when there is no server to ask.
    private func storageClasses(of description: JSONValue) async throws -> [StorageClass]? {
        let provisioners = description["provisioners"]?.stringArray ?? []
        do {
            return try await connection.connect { server in
                try await ClusterClient(server).list(.storageClass, ListOptions()).items.map { StorageClass($0) }
            }.filter { provisioners.contains($0.provisioner) }
        } catch let error as ClientError where error.code != .badAnswer {
            return nil
        }
    }
}
