import ArgumentParser
import CloudSimulators
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct CloudCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloud",
        abstract: "Simulate EC2, Compute Engine and Azure Resource Manager, as far as their disks go.",
        discussion: """
            Real clients of these clouds work against it once they know its addresses: it prints the environment \
            variables that say so. Without --aws, --gce and --azure it simulates all three. The state is there at the \
            next start. Faults, for tests: berth cloud faults --help.

            EXAMPLES
              berth cloud
              berth cloud --aws 127.0.0.1:4566 --data-dir /tmp/clouds --faults faults.yaml
              berth cloud --print-config > clouds.yaml
              berth cloud --config clouds.yaml
              AWS_ENDPOINT_URL_EC2=http://127.0.0.1:4566 aws ec2 describe-volumes
            """,
        subcommands: [CloudFaults.self])

    static let defaultPorts: [Cloud: Int] = [.aws: 4566, .gce: 4567, .azure: 4568]

    @Option(help: "HOST:PORT for EC2, STS and the instance metadata; port 0 for any free one.") var aws: ListenAddress?
    @Option(help: "HOST:PORT for Compute Engine and its metadata server.") var gce: ListenAddress?
    @Option(help: "HOST:PORT for Azure Resource Manager and its tokens.") var azure: ListenAddress?
    @Option(help: "Where the state lies. Default: clouds in the data directory ($BERTH_DATA_DIR, else /var/lib/berth).")
    var dataDir: String?
    @Flag(
        help: ArgumentHelp(
            "Give disks bytes.",
            discussion: """
                A disk that is attached to an instance which the settings call local becomes a block device of this \
                machine, and a link below devices in the data directory leads to it: the deviceDirectory of a driver. \
                Needs root and loop devices.
                """))
    var data = false
    @Option(help: "Settings, YAML, laid over those that --print-config shows.") var config: String?
    @Option(help: "Rules of faults from the beginning, YAML; berth cloud faults --help says what a rule is.")
    var faults: String?
    @Flag(help: "Print the settings with their comments (with --config, what they come to), and end.")
    var printConfig = false
    @Flag(help: "Listen on an address that other machines reach: everybody there may use the clouds and their faults.")
    var allowRemote = false
    @Option(help: "trace, debug (each request), info, notice, warning, error or critical.")
    var logLevel = Logger.Level.notice

    func run() async throws {
        if printConfig { return try printConfiguration() }
        // A client that goes away must not end the simulators.
        signal(SIGPIPE, SIG_IGN)
        FileDescriptorLimit.raise()
        let directory = dataDir.map(Locations.absolute) ?? SimulatorEndpoints.directory()
        var options = CloudSimulatorOptions(addresses: try addresses)
        options.dataDirectory = directory
        options.hasDiskContents = data
        options.configuration = try config.map(Self.read)
        options.faults = try faults.map(Self.read)
        let logger = Self.logger(level: logLevel)
        let (bound, binding) = AsyncStream<[Cloud: CloudSimulatorOptions.Address]>.makeStream()
        let simulator = try CloudSimulator(options, logger: logger) { addresses in
            try SimulatorEndpoints.write(addresses, in: directory)
            binding.yield(addresses)
            binding.finish()
        }
        var services = ServiceGroupConfiguration(
            services: [.init(service: simulator)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = .milliseconds(1500)
        let group = ServiceGroup(configuration: services)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { binding.finish() }
                try await group.run()
            }
            for await addresses in bound {
                Output.line(Self.text(addresses, simulator, directory: directory))
            }
            try await tasks.next()
        }
        SimulatorEndpoints.remove(in: directory)
    }

    private var addresses: [Cloud: CloudSimulatorOptions.Address] {
        get throws {
            var given: [Cloud: ListenAddress] = [:]
            given[.aws] = aws
            given[.gce] = gce
            given[.azure] = azure
            if given.isEmpty {
                given = Self.defaultPorts.mapValues { ListenAddress(host: "127.0.0.1", port: $0) }
            }
            let addresses = given.mapValues { CloudSimulatorOptions.Address(host: $0.host, port: $0.port) }
            for cloud in Cloud.allCases {
                guard let address = addresses[cloud], !address.isLoopback, !allowRemote else { continue }
                throw CommandFailure(
                    "\(address.host) is reached from other machines, and the simulated clouds let everybody in. "
                        + "Say --\(cloud.rawValue) 127.0.0.1:\(address.port), or add --allow-remote if that is meant")
            }
            return addresses
        }
    }

    private func printConfiguration() throws {
        guard let config else { return Output.line(SimulatorConfiguration.defaults) }
        Output.line(try SimulatorConfiguration.merged(with: try Self.read(config)))
    }

    /// To be read by people, and by `source`.
    private static func text(
        _ addresses: [Cloud: CloudSimulatorOptions.Address], _ simulator: CloudSimulator, directory: String
    ) -> String {
        var lines: [String] = []
        for cloud in Cloud.allCases {
            guard let address = addresses[cloud] else { continue }
            lines.append("# \(cloud.title) at \(address.url)")
            lines += simulator.clientVariables(cloud, at: address).map { "export \($0.name)=\($0.value)" }
        }
        lines.append("# The state lies in \(directory). Ctrl-C ends it.")
        return lines.joined(separator: "\n")
    }

    private static func read(_ path: String) throws -> CloudSimulatorOptions.File {
        do {
            return .init(name: path, content: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        } catch {
            throw CommandFailure("cannot read \(path): \(error.localizedDescription)")
        }
    }

    private static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "berth.cloud") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}

extension Cloud {
    fileprivate var title: String {
        switch self {
        case .aws: "Amazon EC2"
        case .gce: "Google Compute Engine"
        case .azure: "Azure Resource Manager"
        }
    }
}
