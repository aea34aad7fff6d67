import DriverConformance
import JSONTree
import TestSupport
import Testing

@Suite("Drivers that break one rule")
struct BrokenRuleTests {
    /// In the ways in which ScriptedDriver can break them; most rules in one, named like the rule.
    private static let faults: [String] =
        ConformanceRule.allCases.filter { !$0.isForFlexVolume }.map(\.id) + [
            "R-RUN-1/nothing", "R-RUN-1/crash", "R-RUN-1/twice", "R-RUN-2/success", "R-LIST-2/long", "R-SECRET-1/argv",
        ]

    @Test("the rule that a driver breaks is found, and no other", arguments: faults)
    func foundAlone(_ fault: String) async throws {
        let report = try await report(of: fault)
        let rule = fault.split(separator: "/").first.map(String.init) ?? fault
        #expect(Set(report.brokenRules.map(\.id)) == [rule], "\(report.rendered(as: .text))")
    }

    @Test("with a driver that breaks none, nothing is found, and every case but two can be tried")
    func noFault() async throws {
        let report = try await report(of: "none")
        #expect(report.isConformant, "\(report.rendered(as: .text))")
        #expect(report.leftovers == [])
        let skipped = report.results.filter { if case .skipped = $0.outcome { true } else { false } }
        #expect(skipped.map(\.id) == ["provision/other-limit", "mountdevice/twice"])
    }

    private func report(of fault: String) async throws -> ConformanceReport {
        var configuration = ConformanceConfiguration(
            executable: try BuiltProducts.path(of: "ScriptedDriver"), config: ["pool": "a"],
            environment: ["BERTH_FAULT": fault], parameters: ["pool": "a"], seed: 7)
        // A driver that hangs is found by waiting so long.
        configuration.timeout = fault == "R-RUN-9" ? .seconds(2) : .seconds(10)
        configuration.killMoments = fault.hasPrefix("R-KILL") ? 8 : 2
        return try await Gate.runs.pass { [configuration] in try await ConformanceSuite(configuration).run() }
    }
}
