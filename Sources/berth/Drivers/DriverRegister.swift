public import ArgumentParser
import DriverConformance
public import DriverHost
import DriverProtocol
import Foundation
import JSONTree

struct DriverRegister: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Add an executable to drivers.json, after a quick check.",
        discussion: """
            The check is the part of `berth driver check` that makes no volume, and takes a second or two. A driver that \
            does not pass it is refused with what to mend, and the file stays as it was. A server that runs has \
            taken the driver up when this command ends.

            With --protocol flexvolume an executable is registered that was written for Kubernetes' FlexVolume. It attaches and \
            mounts volumes and makes none, so it needs no --provisioner.

            EXAMPLES
              berth driver register ./my-driver --name mine --provisioner example.com/mine
              berth driver register ./lvm --name example.com~lvm --protocol flexvolume
              berth driver register /opt/nas --name nas --provisioner nas.example.com --mode once --config pool=fast
            """)

    @Argument(help: "The executable.") var executable: String
    @Option(help: "The driver's name in drivers.json.") var name: String
    @Option(help: "A StorageClass provisioner that it serves; may be given several times.")
    var provisioner: [String] = []
    @Option(name: .customLong("protocol"), help: "berth or flexvolume.") var wireProtocol: DriverEntry.WireProtocol =
        .berth
    @Option(help: "once or resident; default: resident when the driver offers it.") var mode: DriverEntry.Mode?
    @Option(help: "KEY=VALUE that the driver gets with every request, as driver.config.") var config: [String] = []
    @Flag(help: "Register a driver that does not keep the rules, as long as it answers init.") var skipCheck = false
    @OptionGroup var file: DriversFileOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard wireProtocol == .flexVolume else {
            guard !provisioner.isEmpty else { throw ValidationError("name at least one --provisioner") }
            return
        }
        guard mode != .resident else {
            throw ValidationError("a FlexVolume driver is started for each call; leave --mode out")
        }
        guard config.isEmpty else {
            throw ValidationError("a FlexVolume driver gets no configuration; leave --config out")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let path = Locations.absolute(executable)
        var entry = DriverEntry(name: name, provisioners: provisioner, executable: path, mode: mode)
        entry.wireProtocol = wireProtocol
        entry.config = JSONObject(
            try config.map { text -> (String, JSONValue) in
                let (key, value) = try KeyValue.pair(text, option: "--config")
                return (key, .string(value))
            })

        let outcome = await DriverHost.probe(
            executable: path, name: name, config: entry.config, dataDirectory: Locations.dataDirectory(),
            wireProtocol: wireProtocol)
        let info: DriverInfo
        switch outcome.result {
        case .success(let reply):
            guard let answered = reply.info else {
                throw CommandFailure("\(path): init was answered, but says nothing about the driver")
            }
            info = answered
        case .failure(let error):
            throw CommandFailure("\(path) is not registered: \(error.message)")
        }
        if mode == .resident, !info.resident {
            throw CommandFailure(
                "\(path) is not registered: its answer to init does not offer the resident mode (\"resident\": true); "
                    + "leave --mode out, or say --mode once")
        }
        var written = try adding(entry)
        if !skipCheck {
            try await check(entry)
            // The file may be another one by now.
            written = try adding(entry)
        }
        try DriversFile.write(written, to: file.path)
        if wireProtocol == .flexVolume {
            Output.line("\(name) is registered in \(file.path), as a FlexVolume driver.")
        } else {
            Output.line(
                "\(name) \(info.version) is registered in \(file.path) for \(provisioner.joined(separator: ", ")).")
        }
        Output.line("It can \(info.capabilities.map(\.rawValue).joined(separator: ", ")).")
        Output.warnings(entry.warnings)
        if try await DriverReports(file: file, connection: connection).isTakenUp(name) == false {
            Output.error(
                "The server that runs has not taken it up within 3 seconds. Does it read another drivers.json?")
        }
    }

    private func adding(_ entry: DriverEntry) throws -> [UInt8] {
        try DriversFile.adding(
            entry, executable: entry.executable, to: try DriversFile.bytes(at: file.path), path: file.path)
    }

    private func check(_ entry: DriverEntry) async throws {
        var configuration = ConformanceConfiguration(
            executable: entry.executable, name: entry.name, config: entry.config, environment: entry.environment)
        configuration.scope = .quick
        configuration.wireProtocol = entry.wireProtocol
        let suite = ConformanceSuite(configuration)
        let report = try await Interruption.cancelling { try await suite.run() }
        guard !report.isConformant else { return }
        guard !report.isInterrupted else { throw CommandFailure("\(entry.executable) is not registered") }
        Output.error(TextReport.brief(of: report))
        throw CommandFailure(
            "\(entry.executable) is not registered: mend what was found, or say --skip-check to register it all the same. "
                + "`berth driver check \(entry.executable)` shows the calls, and tries the other rules as well")
    }
}

extension DriverEntry.Mode: ExpressibleByArgument {}

struct DriverUnregister: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unregister",
        abstract: "Take a driver out of drivers.json.",
        discussion: """
            Its volumes stay; until a driver serves their provisioner again they cannot be deleted.

            EXAMPLES
              berth driver unregister mine
            """)

    @Argument(help: "The driver's name.") var name: String
    @OptionGroup var file: DriversFileOptions

    func run() async throws {
        guard let bytes = try DriversFile.bytes(at: file.path) else {
            throw CommandFailure("there is no file \(file.path)")
        }
        try DriversFile.write(try DriversFile.removing(name, from: bytes, path: file.path), to: file.path)
        Output.line("\(name) is no longer registered in \(file.path).")
    }
}
