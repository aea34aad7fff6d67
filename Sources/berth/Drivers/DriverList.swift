import ArgumentParser
import DriverHost
import DriverProtocol
import JSONTree
import KubernetesAPI
import KubernetesClient

struct DriverList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the drivers, what they can do, and how they fare.",
        discussion: """
            Asks the server that runs. Where none does, each driver of drivers.json is asked for init alone, and has no \
            calls to show. RUNNING is how many calls run now, of how many that may; WAITING are those that may not yet.

            A driver is ready; starting; broken, when its file or its answer to init is wrong; resting, when calls fail at \
            once after several that got no answer (the circuit breaker); restarting, when a resident one keeps ending.

            EXAMPLES
              berth driver list
              berth driver list -o wide
              berth driver list -o json
            """)

    enum ListFormat: String, ExpressibleByArgument, CaseIterable { case wide, json, yaml }

    @Option(name: .shortAndLong, help: "wide, json or yaml; default: a table.") var output: ListFormat?
    @OptionGroup var file: DriversFileOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let drivers = try await DriverReports(file: file, connection: connection).all()
        switch output {
        case .json: Output.document(.array(drivers), as: .json)
        case .yaml: Output.document(.array(drivers), as: .yaml)
        case nil, .wide:
            guard !drivers.isEmpty else {
                Output.error("No drivers are registered in \(file.path). See `berth driver register --help`.")
                return
            }
            let rows = drivers.map { DriverRow(driver: $0) }
            let isWide = output == .wide
            let headings = isWide ? DriverRow.wideHeadings : DriverRow.headings
            TableText(headings: headings, rows: rows.map { $0.cells(isWide) }).lines().forEach(Output.line)
            for row in rows where row.reason != nil { Output.error("\(row.name): \(row.reason ?? "")") }
            for row in rows { Output.warnings(row.warnings.map { "\(row.name): \($0)" }) }
        }
    }
}

/// A driver's line in the table.
struct DriverRow {
    let driver: JSONValue

    static let headings = [
        "NAME", "PROVISIONERS", "MODE", "VERSION", "STATE", "RUNNING", "WAITING", "CALLS", "ERRORS", "P50", "P99",
    ]
    static let wideHeadings = headings + ["REFUSED", "RESTARTS", "BREAKER", "CAPABILITIES", "EXEC"]

    var name: String { text("name") }
    var reason: String? { driver["reason"]?.stringValue }
    var warnings: [String] { driver["warnings"]?.stringArray ?? [] }
    var mode: String { driver["protocol"] == "flexvolume" ? "flexvolume" : text("mode") }

    func cells(_ isWide: Bool) -> [String] {
        let cells = [
            name, text("provisioners"), mode, text("version"), state, running, text("waiting"), text("calls"),
            text("errors"), ReadableDuration.text(microseconds: driver["p50Microseconds"]),
            ReadableDuration.text(microseconds: driver["p99Microseconds"]),
        ]
        return cells + (isWide ? [text("refused"), text("restarts"), breaker, text("capabilities"), text("exec")] : [])
    }

    /// With how long it stays so by itself: `resting 4s`.
    var state: String {
        guard let milliseconds = driver["retryInMilliseconds"]?.integerValue else { return text("state") }
        return "\(text("state")) \((milliseconds + 999) / 1000)s"
    }

    /// `3/16`.
    private var running: String {
        guard driver["inFlight"] != nil else { return "-" }
        return "\(text("inFlight"))/\(text("concurrency"))"
    }

    /// `closed 0/5`: its position, and how many failures in a row there are of those that open it.
    private var breaker: String {
        guard let breaker = driver["breaker"] else { return "-" }
        let failures = breaker["failures"]?.integerValue ?? 0
        return "\(breaker["position"]?.stringValue ?? "-") \(failures)/\(breaker["threshold"]?.integerValue ?? 0)"
    }

    private func text(_ key: String) -> String {
        switch driver[key] {
        case .string(let text): text.isEmpty ? "-" : text
        case .integer(let number): String(number)
        case .array(let elements): elements.compactMap(\.stringValue).joined(separator: ",")
        default: "-"
        }
    }
}
