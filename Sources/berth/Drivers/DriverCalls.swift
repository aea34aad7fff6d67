import ArgumentParser
import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient

struct DriverCalls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls",
        abstract: "Show the calls of drivers that are on record: what was asked, and what came.",
        discussion: """
            Those that run now are shown too. The latest thousand calls are kept, and as many failed ones again, also when \
            the server ends; the values of secrets are not. A claim's event names the call that it tells of.

            EXAMPLES
              berth driver calls
              berth driver calls hostpath --failed -f
              berth driver calls --volume pvc-6f1a…
              berth driver calls show c-0192f3a4b5c6-1a2b3c4d
            """,
        subcommands: [DriverCallsList.self, DriverCallsShow.self], defaultSubcommand: DriverCallsList.self)
}

struct DriverCallsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List calls, the latest last. (The default.)")

    enum ListFormat: String, ExpressibleByArgument, CaseIterable { case wide, json, yaml }

    /// Between two looks at what came since.
    private static let followInterval = Duration.milliseconds(300)

    @Argument(help: "Only those of this driver.") var driver: String?
    @Flag(help: "Only those that failed.") var failed = false
    @Flag(name: [.customShort("f"), .long], help: "Go on and show calls as they end.") var follow = false
    @Option(help: "At most so many, the latest; 0 for all.") var limit = 50
    @Option(help: "Only those about this volume or snapshot.") var volume: String?
    @Option(name: .shortAndLong, help: "wide (long messages whole), json or yaml; default: a table.")
    var output: ListFormat?
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit takes a number from 0") }
        guard !follow || output == nil || output == .wide else {
            throw ValidationError("--follow shows rows; leave out -o")
        }
    }

    func run() async throws {
        var query: [String: String] = [:]
        query["driver"] = driver
        query["volume"] = volume
        if failed { query["failed"] = "true" }
        if limit > 0 { query["limit"] = String(limit) }
        let calls = RecordedCalls(connection: connection, query: query)
        guard !follow else { return try await follow(calls) }
        let records = try await calls.read()
        switch output {
        case .json: Output.document(.array(records), as: .json)
        case .yaml: Output.document(.array(records), as: .yaml)
        case nil, .wide:
            guard !records.isEmpty else {
                Output.error("No such calls are on record.")
                return
            }
            lines(records, withHeadings: true).forEach(Output.line)
        }
    }

    private func lines(_ records: [JSONValue], withHeadings: Bool) -> [String] {
        let rows = records.map { CallText($0).row(isWide: output == .wide) }
        return TableText(headings: CallText.headings, rows: rows).lines(withHeadings: withHeadings)
    }

    /// Ends with the server, or with Ctrl-C.
    private func follow(_ calls: RecordedCalls) async throws {
        try await connection.connect { server in
            var calls = calls
            var last: Int64 = 0
            var printsHeadings = true
            while true {
                let records = try await calls.read(server)
                if printsHeadings || !records.isEmpty {
                    lines(records, withHeadings: printsHeadings).forEach(Output.line)
                    printsHeadings = false
                }
                last = records.compactMap { $0["number"]?.integerValue }.reduce(last, max)
                calls.query["after"] = String(last)
                calls.query["limit"] = nil
                try await Task.sleep(for: Self.followInterval)
            }
        }
    }
}

struct DriverCallsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of a call.",
        discussion: """
            EXAMPLES
              berth driver calls show c-0192f3a4b5c6-1a2b3c4d
              berth driver calls show c-0192f3a4b5c6-1a2b3c4d -o json
            """)

    @Argument(help: "The call's id, as an event or `berth driver calls` names it.") var id: String
    @Option(name: .shortAndLong, help: "json or yaml; default: text.") var output: DocumentFormat?
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let record = try await RecordedCalls.record(id, connection)
        guard let output else { return Output.line(CallText(record).whole) }
        Output.document(record, as: output)
    }
}
