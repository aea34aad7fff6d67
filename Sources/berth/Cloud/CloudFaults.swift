public import ArgumentParser
public import CloudSimulators
import JSONTree

struct CloudFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Let a simulated cloud fail, on demand.",
        discussion: """
            A rule says what happens to the requests that fit it:
              throttle     the cloud's own answer to too many requests (--retry-after)
              serverError  an answer of 500, or --status
              quota        the account's quota is used up
              capacity     the zone has no capacity left
              latency      the request is carried out --delay later
              resetBefore  the connection is reset, and nothing has happened
              resetAfter   the request is carried out, and the connection reset instead of an answer
              halfReply    the request is carried out; half of the answer comes, then a reset
              invisible    what is made is not seen by reads for --duration
              stuck        the state that begins (creating, attaching, …) does not end until the rule is cleared

            A file of rules for berth cloud --faults holds the same in YAML:
              faults:
                - {fault: throttle, cloud: aws, operation: "Describe*", rate: 0.2, seed: 1, retryAfter: 2s}
                - {fault: capacity, cloud: gce, zone: us-central1-a}
                - {fault: resetAfter, operation: [CreateVolume, disks.insert], count: 3}

            EXAMPLES
              berth cloud faults add throttle --cloud aws --operation CreateVolume --rate 0.2
              berth cloud faults add capacity --cloud gce --zone us-central1-a
              berth cloud faults list
              berth cloud faults clear
            """,
        subcommands: [CloudFaultsAdd.self, CloudFaultsList.self, CloudFaultsClear.self])
}

/// Which simulators are meant.
struct SimulatorOptions: ParsableArguments {
    @Option(help: "aws, gce or azure. Default: each that runs.") var cloud: Cloud?
    @Option(help: "The data directory of the berth cloud that is meant.") var dataDir: String?
    @Option(help: "Its URL, instead of looking it up in the data directory.") var endpoint: String?

    /// Each by its name for people.
    var connections: [(name: String, connection: SimulatorConnection)] {
        get throws {
            if let endpoint { return [(endpoint, SimulatorConnection(url: endpoint))] }
            let directory = dataDir.map(Locations.absolute) ?? SimulatorEndpoints.directory()
            let endpoints = try SimulatorEndpoints.read(in: directory)
            if let cloud, endpoints[cloud] == nil {
                let running = endpoints.keys.map(\.rawValue).sorted().joined(separator: ", ")
                throw CommandFailure("\(cloud.rawValue) is not simulated there; \(running) is")
            }
            return Cloud.allCases.filter { cloud == nil || $0 == cloud }.compactMap { cloud in
                endpoints[cloud].map { (cloud.rawValue, SimulatorConnection(url: $0)) }
            }
        }
    }
}

extension Cloud: ExpressibleByArgument {}

struct CloudFaultsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a rule.")

    @Argument(help: "throttle, serverError, quota, capacity, latency, resetBefore, …: see berth cloud faults --help.")
    var fault: String
    @OptionGroup var simulators: SimulatorOptions
    @Option(help: "A name to clear it by.") var name: String?
    @Option(help: "Only these operations (CreateVolume, disks.insert, disks.createOrUpdate, …); * and ? stand for any.")
    var operation: [String] = []
    @Option(help: "Only these resources.") var resource: [String] = []
    @Option(help: "Only requests that name these zones.") var zone: [String] = []
    @Option(help: "The share of the requests, from 0 to 1.") var rate: Double?
    @Option(help: "At most so many requests.") var count: Int?
    @Option(help: "Of the dice for the rate: the same seed, the same requests.") var seed: Int?
    @Option(help: "Of throttle: 2s, 500ms, …") var retryAfter: String?
    @Option(help: "Of serverError: from 500 to 599.") var status: Int?
    @Option(help: "Of latency: 50ms, 2s, …") var delay: String?
    @Option(help: "Of invisible: 50ms, 2s, …") var duration: String?

    func run() async throws {
        var rule: JSONValue = ["fault": .string(fault)]
        for (key, text) in [
            ("name", name), ("retryAfter", retryAfter), ("delay", delay), ("duration", duration),
        ] { rule[key] = text.map { .string($0) } }
        for (key, patterns) in [("operation", operation), ("resource", resource), ("zone", zone)]
        where !patterns.isEmpty { rule[key] = JSONValue(patterns) }
        for (key, number) in [("count", count), ("seed", seed), ("status", status)] {
            rule[key] = number.map { .integer(Int64($0)) }
        }
        rule["rate"] = rate.map { .number("\($0)") }
        for (cloud, connection) in try simulators.connections {
            let names = try await connection.send("POST", "/_berth/faults", rule)["names"]?.stringArray ?? []
            Output.line("\(cloud): \(names.joined(separator: " ")) is added")
        }
    }
}

struct CloudFaultsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rules, with how many requests fitted each and how many it struck.")

    @OptionGroup var simulators: SimulatorOptions

    func run() async throws {
        for (cloud, connection) in try simulators.connections {
            let faults = try await connection.send("GET", "/_berth/faults")["faults"]?.arrayValue ?? []
            if faults.isEmpty { Output.line("\(cloud): no faults") }
            for var fault in faults {
                let name = fault["name"]?.stringValue ?? ""
                let counts = "struck \(fault["struck"]?.integerValue ?? 0) of \(fault["fitted"]?.integerValue ?? 0)"
                for key in ["name", "struck", "fitted"] { fault[key] = nil }
                Output.line("\(cloud): \(name): \(String(decoding: fault.encoded, as: UTF8.self)) \(counts)")
            }
        }
    }
}

struct CloudFaultsClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Clear all rules, or those named; what is stuck goes on.")

    @Argument(help: "The rules to clear. Default: all.") var names: [String] = []
    @OptionGroup var simulators: SimulatorOptions

    func run() async throws {
        for (cloud, connection) in try simulators.connections {
            if names.isEmpty { _ = try await connection.send("DELETE", "/_berth/faults") }
            for name in names {
                _ = try await connection.send("DELETE", "/_berth/faults/\(name)")
            }
            Output.line("\(cloud): \(names.isEmpty ? "all faults" : names.joined(separator: " ")) cleared")
        }
    }
}
