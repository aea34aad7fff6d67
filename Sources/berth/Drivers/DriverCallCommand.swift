public import ArgumentParser
public import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import KubernetesAPI

struct DriverCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call one verb of a driver, without a server.",
        discussion: """
            Prints the reply on stdout and what the driver wrote on stderr on stderr. The request file holds what the verb \
            needs (volume, parameters, secrets, claim, …); callID, deadline and the driver's configuration are added.

            A FlexVolume driver is called as Kubernetes calls it: the request becomes its arguments, and what it answers is \
            printed in the words of Berth's protocol. It has one call more, getvolumename, whose answer is volume.id.

            EXAMPLES
              berth driver call hostpath init
              berth driver call ./my-driver provision -f request.json
              berth driver call ./flex-script mount --protocol flexvolume -f request.json
              echo '{"volume": {"name": "pvc-1", "capacityBytes": 1048576}}' | berth driver call mine provision -f -
            """)

    @Argument(help: "A name in drivers.json, or an executable.") var driver: String
    @Argument(help: "init, status, validate, provision, delete, …") var verb: String
    @Option(name: [.customShort("f"), .long], help: "A JSON or YAML file with the request, or - for standard input.")
    var request: String?
    @Option(help: "How long the driver may take, in seconds.") var timeout: Int?
    @Option(name: .customLong("protocol"), help: "berth or flexvolume, of an executable that is not registered.")
    var wireProtocol: DriverEntry.WireProtocol?
    @OptionGroup var file: DriversFileOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let entry = try DriverLookup(file: file.path).entry(driver, wireProtocol: wireProtocol)
        let outcome = await DriverHost.probe(
            executable: entry.executable, try call(entry), name: entry.name, config: entry.config,
            environment: entry.environment, dataDirectory: Locations.dataDirectory(),
            wireProtocol: entry.wireProtocol)
        if entry.wireProtocol == .flexVolume { return try report(flexVolume: outcome) }
        if !outcome.record.standardError.isEmpty { Output.error(outcome.record.standardError) }
        if let reply = outcome.record.json["reply"], !outcome.record.reply.isEmpty {
            Output.line(reply.prettyPrinted())
        }
        if case .failure(let error) = outcome.result { throw CommandFailure(error.message) }
    }

    /// The reply in Berth's words: the driver's own are a part of it, or a default of Kubernetes stands for them.
    private func report(flexVolume outcome: CallOutcome) throws {
        if !outcome.record.standardError.isEmpty { Output.error(outcome.record.standardError) }
        switch outcome.result {
        case .success(let reply): Output.line(reply.json.prettyPrinted())
        case .failure(let error): throw CommandFailure(error.message)
        }
    }

    private func call(_ entry: DriverEntry) throws -> DriverCall {
        var document: JSONValue = [:]
        if let request {
            let data =
                request == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: request)
            guard let data else { throw CommandFailure("cannot read \(request)") }
            document = try ManifestDecoder.decodeDocument(Array(data), file: request)
        }
        // What the host always fills in need not stand in the file.
        document["protocol"] = .string(ProtocolVersion.current)
        document["verb"] = .string(verb)
        document["callID"] = "call"
        document["driver"] = ["name": .string(entry.name)]
        var call = DriverCall(repeating: try DriverRequest(json: document))
        call.timeout = timeout.map { .seconds($0) }
        return call
    }
}

extension DriverEntry.WireProtocol: ExpressibleByArgument {}
