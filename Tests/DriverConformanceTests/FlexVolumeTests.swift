import DriverConformance
import DriverHost
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("FlexVolume drivers under the suite")
struct FlexVolumeTests {
    /// A driver in sh that attaches and mounts by making and removing files in its own directory, and breaks what it is
    /// told to.
    private static let script = #"""
        #!/bin/sh
        state=$(dirname "$0")
        say() { printf '%s\n' "$1"; exit "${2:-0}"; }
        good='{"status":"Success","device":"/dev/fake0"}'
        case $BREAKS,$1 in
        R-FLEX-1,init) say '{"status":"Failure","message":"no server"}' 1 ;;
        R-FLEX-2,mount) echo 'mounting' ;;
        R-FLEX-2/type,isattached) say '{"status":"Success","attached":"yes"}' ;;
        R-FLEX-2/nothing,frobnicate) exit 1 ;;
        R-FLEX-3,attach) touch "$state/attached"; say "$good" 3 ;;
        R-FLEX-4,frobnicate) say '{"status":"Failure","message":"usage"}' 1 ;;
        R-FLEX-5,mount) case $3 in *'"'*'"'*:*'}') ;; *) sleep 60 ;; esac ;;
        R-FLEX-6,attach) [ ! -e "$state/attached" ] || say '{"status":"Failure","message":"attached already"}' 1 ;;
        R-FLEX-6/device,attach) touch "$state/attached"; say '{"status":"Success","device":"/dev/'$$'"}' ;;
        R-FLEX-6/state,isattached) say '{"status":"Success","attached":false}' ;;
        R-FLEX-7,unmount) [ -e "$state/mounted" ] || say '{"status":"Failure","message":"not mounted"}' 1 ;;
        R-FLEX-7/mount,mount) [ ! -e "$state/mounted" ] || say '{"status":"Failure","message":"mounted already"}' 1 ;;
        R-FLEX-8,mount) echo "mount $3" >&2 ;;
        esac
        case $1 in
        init) say '{"status":"Success"}' ;;
        attach) touch "$state/attached"; say "$good" ;;
        detach) rm -f "$state/attached"; say "$good" ;;
        waitforattach | mountdevice | unmountdevice) say "$good" ;;
        isattached) if [ -e "$state/attached" ]; then say '{"status":"Success","attached":true}'; else say '{"status":"Success"}'; fi ;;
        mount) case $3 in *'"share":"notes"'*) touch "$state/mounted"; say "$good" ;;
            *) say '{"status":"Failure","message":"no share"}' 1 ;; esac ;;
        unmount) rm -f "$state/mounted"; say "$good" ;;
        *) say '{"status":"Not supported"}' 1 ;;
        esac
        """#

    private func report(breaks fault: String, share: String = "notes") async throws -> ConformanceReport {
        try await withTemporaryDirectory { directory in
            let executable = directory + "/driver"
            try Data(Self.script.utf8).write(to: URL(filePath: executable))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable)
            var configuration = ConformanceConfiguration(
                executable: executable, name: "example.com~fake", environment: ["BREAKS": fault],
                parameters: ["share": share], secrets: ["password": "letMeIn-4711"], seed: 1)
            configuration.wireProtocol = .flexVolume
            configuration.timeout = fault == "R-FLEX-5" ? .seconds(1) : .seconds(20)
            return try await Gate.runs.pass { [configuration] in try await ConformanceSuite(configuration).run() }
        }
    }

    private func skipped(_ report: ConformanceReport) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: report.results.compactMap { result in
                if case .skipped(let reason) = result.outcome { (result.id, reason) } else { nil }
            })
    }

    @Test(
        "the rule that a driver breaks is found, and no other", .enabled(if: geteuid() == 0),
        arguments: ConformanceRule.allCases.filter(\.isForFlexVolume).map(\.id) + [
            "R-FLEX-2/type", "R-FLEX-2/nothing", "R-FLEX-6/device", "R-FLEX-6/state", "R-FLEX-7/mount",
        ])
    func foundAlone(_ fault: String) async throws {
        let report = try await report(breaks: fault)
        #expect(
            report.brokenRules.map(\.id) == [fault.split(separator: "/").first.map(String.init) ?? fault],
            "\(report.rendered(as: .text))")
    }

    @Test("with a driver that is right nothing is found, and all that was not tried has its reason")
    func noFault() async throws {
        let report = try await report(breaks: "nothing")
        #expect(report.isConformant, "\(report.rendered(as: .text))")
        #expect(report.leftovers == [])
        #expect(report.driver == "example.com~fake unversioned")
        let skipped = skipped(report)
        #expect(skipped["provision/*"] == "FlexVolume has no such call")
        #expect(skipped["flexvolume/argv-secrets"]?.hasPrefix("WARNING") == true)
        #expect(skipped["resident/*"] == "a FlexVolume driver is started for each call")
        #expect(skipped.values.allSatisfy { !$0.isEmpty })
        #expect(report.counts.passed == (geteuid() == 0 ? 9 : 8))
    }

    @Test("no report shows a secret, neither as it is nor in base64", arguments: ReportFormat.allCases)
    func secrets(_ format: ReportFormat) async throws {
        let text = try await report(breaks: "R-FLEX-8").rendered(as: format)
        #expect(text.contains("R-FLEX-8"))
        #expect(!text.contains("letMeIn"))
        #expect(!text.contains("bGV0TWVJbi00NzEx"))
    }

    @Test("without a volume to mount the case is skipped, and says what to give", .enabled(if: geteuid() == 0))
    func noVolume() async throws {
        let report = try await report(breaks: "nothing", share: "other")
        #expect(report.isConformant)
        let reason = try #require(skipped(report)["flexvolume/mount-twice"])
        #expect(reason.contains("no share") && reason.contains("--parameter"))
    }

    @Test("nothing is found wrong with the example, which really mounts", .enabled(if: geteuid() == 0))
    func example() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory + "/notes", withIntermediateDirectories: false)
            var configuration = ConformanceConfiguration(
                executable: ShippedDriver.examples + "/flexvolume/example.com~bind/bind", name: "example.com~bind",
                environment: ["SHARES": directory], parameters: ["share": "notes"], seed: 1)
            configuration.wireProtocol = .flexVolume
            let report = try await Gate.runs.pass { [configuration] in try await ConformanceSuite(configuration).run() }
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.leftovers == [])
            #expect(
                report.results.contains { result in
                    if case .passed = result.outcome { result.id == "flexvolume/mount-twice" } else { false }
                })
        }
    }
}
