import DriverConformance
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("Reports")
struct ReportTests {
    private func report(fault: String, only: String) async throws -> ConformanceReport {
        var configuration = ConformanceConfiguration(
            executable: try BuiltProducts.path(of: "ScriptedDriver"), environment: ["BERTH_FAULT": fault],
            parameters: ["pool": "a"], secrets: ["apiKey": "letMeIn-4711"], only: only, seed: 3)
        configuration.killMoments = 1
        return try await Gate.runs.pass { [configuration] in try await ConformanceSuite(configuration).run() }
    }

    @Test("a finding names its rule, shows request and reply, and says how to mend it")
    func text() async throws {
        let text = try await report(fault: "R-DEL-2", only: "delete/twice").rendered(as: .text)
        #expect(text.contains("FAIL  delete/twice"))
        #expect(text.contains("rule R-DEL-2: a second delete succeeds"))
        #expect(text.contains("request: {\"protocol\":\"1.0\",\"verb\":\"delete\""))
        #expect(text.contains("\"code\":\"NOT_FOUND\""))
        #expect(text.contains("to mend it: Take the absence of the volume for success."))
        #expect(text.contains("0 passed, 1 failed, 0 skipped"))
    }

    @Test("what is wrong with replies is said, also when other cases were chosen")
    func replyFindings() async throws {
        let report = try await report(fault: "R-RUN-1", only: "get/agrees")
        #expect(report.results.map(\.id) == ["get/agrees", "reply/one-object"])
        #expect(report.brokenRules == [.reply])
    }

    @Test("no report shows a secret, not even one that the driver shows", arguments: ReportFormat.allCases)
    func secrets(_ format: ReportFormat) async throws {
        let text = try await report(fault: "R-SECRET-1", only: "provision").rendered(as: format)
        #expect(text.contains("R-SECRET-1"))
        #expect(text.contains("(removed)"))
        #expect(!text.contains("letMeIn"))
        #expect(!text.contains("do-not-show"))
    }

    @Test("the JSON report has every case, with findings and reasons")
    func json() async throws {
        let text = try await report(fault: "R-DEL-2", only: "delete*").rendered(as: .json)
        let json = try JSONParser.parse(Array(text.utf8))
        #expect(json["conformant"] == false)
        #expect(json["brokenRules"] == ["R-DEL-2"])
        let cases = try #require(json["cases"]?.arrayValue)
        #expect(cases.count == 5)
        let failed = try #require(cases.first { $0["outcome"] == "failed" })
        #expect(failed["findings"]?.arrayValue?.first?["calls"]?.arrayValue?.isEmpty == false)
        #expect(cases.contains { $0["outcome"] == "skipped" && $0["reason"]?.stringValue?.contains("R-DEL-2") == true })
    }

    @Test("the JUnit report is XML with a testcase for each case")
    func junit() async throws {
        let text = try await report(fault: "R-DEL-2", only: "delete/*").rendered(as: .junit)
        #expect(text.hasPrefix("<?xml version=\"1.0\""))
        #expect(text.split(separator: "<testcase ").count == 6)
        #expect(text.contains("<failure type=\"R-DEL-2\""))
        #expect(text.contains("&quot;NOT_FOUND&quot;"))
        #expect(text.contains("<skipped message="))
    }

    @Test("the TAP report has a plan, and a line for each case")
    func tap() async throws {
        let text = try await report(fault: "R-DEL-2", only: "delete/*").rendered(as: .tap)
        #expect(text.hasPrefix("TAP version 14\n1..5\n"))
        #expect(text.contains("\nnot ok 2 - delete/twice"))
        #expect(text.contains("# SKIP it cannot be told while R-DEL-2 is broken"))
    }
}
