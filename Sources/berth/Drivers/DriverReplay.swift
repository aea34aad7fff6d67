import ArgumentParser
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import Provisioning

struct DriverReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Make a call on record once more.",
        discussion: """
            The driver gets the same request, with an id and a deadline of its own. The server makes the call, in its turn \
            and on record like any other; with --against an executable gets it, alone. Prints the reply on stdout and what \
            the driver wrote on stderr on stderr.

            No record holds the values of secrets: they are read from the Secret that the volume's class names, or given \
            with --secret.

            A verb that changes something is idempotent: by the specification the driver finds what it made before. But \
            it is carried out: what was deleted since is made again by provision, and known to no claim; what was made \
            again since is deleted by delete. That is what --yes says yes to.

            EXAMPLES
              berth driver replay c-0192f3a4b5c6-1a2b3c4d --yes
              berth driver replay c-0192f3a4b5c6-1a2b3c4d --against ./my-driver-with-a-fix --yes
            """)

    @Argument(help: "The call's id, as an event or `berth driver calls` names it.") var id: String
    @Option(help: "Run this executable instead of asking the server.") var against: String?
    @Option(help: "KEY=VALUE of a secret of the call; may be given several times. Others on this machine may see it.")
    var secret: [String] = []
    @Option(help: "How long the driver may take, in seconds.") var timeout: Int?
    @Flag(help: "Also a call that changes something.") var yes = false
    @Option(name: .shortAndLong, help: "json or yaml: the new call's record.") var output: DocumentFormat?
    @OptionGroup var file: DriversFileOptions
    @OptionGroup var connection: ConnectionOptions

    /// The longest that any verb may take, and some more.
    private static let answerLimit = Duration.seconds(900)

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let record = try await RecordedCalls.record(id, connection)
        let request = try DriverRequest(json: record["request"] ?? .null)
        let name = record["driver"]?.stringValue ?? ""
        guard yes || !request.verb.changesState else {
            throw CommandFailure(
                "\(request.verb) of \(record["subject"]?.stringValue ?? name) changes something. A driver that keeps the rules "
                    + "finds what the first call did, and does nothing more; but what was deleted or made since is made or "
                    + "deleted again. Say --yes to have it done")
        }
        let secrets = try await secrets(of: request)
        let again: JSONValue
        if let against {
            again = await replay(request, as: name, against: Locations.absolute(against), secrets)
        } else {
            again = try await replay(secrets)
        }
        show(again, after: record)
        if again["error"] != nil { throw ExitCode.failure }
    }

    private func replay(_ secrets: [String: String]) async throws -> JSONValue {
        var argument: JSONValue = ["callID": .string(id)]
        if !secrets.isEmpty { argument["secrets"] = JSONValue(secrets) }
        argument["timeoutSeconds"] = timeout.map { .integer(Int64($0)) }
        let body = argument
        do {
            let limit = timeout.map { Duration.seconds($0 + 60) } ?? Self.answerLimit
            return try await connection.connect(timeout: limit) {
                try await $0.send("POST", "/berth/v1/replay", body: body).body
            }
        } catch let error as ClientError where error.code != .badAnswer {
            throw CommandFailure(
                "\(error) Without a server a call is made against an executable: --against EXE")
        }
    }

    /// The executable runs as the registered driver does: with its name, and so in its directory.
    private func replay(
        _ request: DriverRequest, as name: String, against executable: String, _ secrets: [String: String]
    ) async -> JSONValue {
        var call = DriverCall(repeating: request)
        call.secrets = secrets
        call.timeout = timeout.map { .seconds($0) }
        // An entry that is not there, or is wrong, gives no environment.
        let entry = try? DriverLookup(file: file.path).entry(name)
        let outcome = await DriverHost.probe(
            executable: executable, call, name: name, config: request.driver.config,
            environment: entry?.environment ?? [:], dataDirectory: Locations.dataDirectory(), owner: request.owner,
            wireProtocol: entry?.wireProtocol ?? .berth)
        return outcome.record.json
    }

    /// The values of the secrets that the call had.
    private func secrets(of request: DriverRequest) async throws -> [String: String] {
        var secrets = try KeyValue.dictionary(secret, option: "--secret")
        let missing = request.secrets.keys.filter { secrets[$0] == nil }.sorted()
        guard !missing.isEmpty else { return secrets }
        let names = missing.joined(separator: ", ")
        let found: RecordedSecret?
        do {
            found = try await connection.connect { server in
                try await RecordedSecret.find(
                    volumeName: request.volume?.name, claim: request.claim, ClusterClient(server))
            }
        } catch let error as ClientError where error.code != .badAnswer {
            throw CommandFailure(
                "the call had the secrets \(names), whose values no record holds, and there is no server to ask for them: "
                    + "give them as --secret KEY=VALUE")
        }
        guard let found else {
            throw CommandFailure(
                "the call had the secrets \(names), whose values no record holds, and neither its volume nor its claim "
                    + "names a Secret that is there: give them as --secret KEY=VALUE")
        }
        for key in missing {
            guard let value = found.values[key] else {
                throw CommandFailure(
                    "the Secret \(found.name) has no \(key) any more: give it as --secret \(key)=VALUE")
            }
            secrets[key] = value
        }
        Output.error("The values of \(names) are those of the Secret \(found.name), as they are now.")
        return secrets
    }

    private func show(_ again: JSONValue, after record: JSONValue) {
        if let output { return Output.document(again, as: output) }
        let stderr = again["stderr"]?.stringValue ?? ""
        for line in stderr.split(whereSeparator: \.isNewline) { Output.error(String(line)) }
        if let reply = again["reply"], reply != "" { Output.line(reply.stringValue ?? reply.prettyPrinted()) }
        Output.error("before: \(Self.summary(record))")
        Output.error("now:    \(Self.summary(again))")
        if let message = again.at("error", "message")?.stringValue { Output.error(message) }
    }

    private static func summary(_ record: JSONValue) -> String {
        let result = record.at("error", "code")?.stringValue ?? record.at("reply", "status")?.stringValue ?? ""
        let took = ReadableDuration.text(microseconds: record["durationMicroseconds"])
        return "\(result) in \(took) (call \(record["callID"]?.stringValue ?? ""))"
    }
}
