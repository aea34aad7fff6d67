public import ArgumentParser
public import DriverConformance
import DriverHost
import Foundation
import JSONTree

struct DriverCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a driver, alone, against every rule of the specification.",
        discussion: """
            Runs the driver without a server, in a directory of its own, and deletes what it made, also after Ctrl-C. Each \
            finding names the rule that is broken, shows the request and the reply, and says how to mend it. The exit \
            status is 0 only without findings.

            A FlexVolume driver is tried as Kubernetes calls it, with the parameters as the options of a volume that exists.

            EXAMPLES
              berth driver check ./my-driver
              berth driver check hostpath --only provision/
              berth driver check ./lvm --protocol flexvolume --parameter volumeID=vol1
              berth driver check ./nas --parameter pool=fast --secret password=xyz --format junit > report.xml
            """)

    @Argument(help: "A name in drivers.json, or an executable.") var driver: String
    @Option(help: "KEY=VALUE of the class with which volumes are made; may be given several times.")
    var parameter: [String] = []
    @Option(help: "KEY=VALUE that the driver gets as a secret; never shown. Others on this machine may see arguments.")
    var secret: [String] = []
    @Option(help: "KEY=VALUE that the driver gets as driver.config, besides what drivers.json gives.")
    var config: [String] = []
    @Option(help: "How long a call may take, in seconds.") var timeout = 30
    @Option(help: "Only the cases whose id or rule matches: a part of it, or a whole with *.") var only: String?
    @Option(help: "text, junit, tap or json.") var format: ReportFormat = .text
    @Option(help: "Kill at the same moments as the run that printed this seed.") var seed: UInt64?
    @Option(name: .customLong("protocol"), help: "berth or flexvolume, of an executable that is not registered.")
    var wireProtocol: DriverEntry.WireProtocol?
    @OptionGroup var file: DriversFileOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let entry = try DriverLookup(file: file.path).entry(driver, wireProtocol: wireProtocol)
        var configuration = ConformanceConfiguration(
            executable: entry.executable, name: entry.name, config: entry.config, environment: entry.environment,
            parameters: try KeyValue.dictionary(parameter, option: "--parameter"),
            secrets: try KeyValue.dictionary(secret, option: "--secret"), only: only)
        for (key, value) in try KeyValue.dictionary(config, option: "--config") {
            configuration.config[key] = .string(value)
        }
        configuration.wireProtocol = entry.wireProtocol
        configuration.timeout = .seconds(timeout)
        configuration.runAs = entry.runAs
        if let seed { configuration.seed = seed }
        let suite = ConformanceSuite(configuration)
        let report = try await Interruption.cancelling {
            try await suite.run { result in
                if format == .text { Output.line(TextReport.line(for: result)) }
            }
        }
        // The cases' lines stand there already.
        let text = format == .text ? TextReport.summary(of: report) : report.rendered(as: format)
        Output.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        guard report.isConformant else { throw ExitCode.failure }
    }
}

extension ReportFormat: ExpressibleByArgument {}
